import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { resend } from '../api/routes';
import { useAccess } from '../session/access';
import { useNotice } from './Notices';

interface Props {
    msgId: string;
    endpointId: string;
    label?: string;
}

// Sends a delivery once more. Who may not do that sees the button, and why it does not work.
export function RetryButton({ msgId, endpointId, label = 'Retry' }: Props) {
    const queries = useQueryClient();
    const notice = useNotice();
    const access = useAccess('operate');
    const retry = useMutation({
        mutationFn: () => resend(msgId, endpointId),
        onSuccess: () => Promise.all([['deliveries'], ['delivery', msgId, endpointId]].map((queryKey) => queries.invalidateQueries({ queryKey }))),
        onError: notice.error,
    });
    return (
        <Button
            size="compact-sm"
            variant="light"
            color="red"
            disabled={!access.isAllowed || retry.isPending}
            title={access.reason}
            onClick={(event) => {
                event.stopPropagation();
                retry.mutate();
            }}
        >
            {retry.isPending ? 'Retrying...' : label}
        </Button>
    );
}
