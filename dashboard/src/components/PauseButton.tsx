import { useMutation, useQueryClient } from '@tanstack/react-query';
import { setActive } from '../api/routes';
import type { EndpointRow } from '../api/types';
import { Action } from './Action';
import { useNotice } from './Notices';

// Pauses an endpoint, or lets it go on. What comes for it meanwhile waits, or is not accepted, as its API says.
export function PauseButton({ row, size = 'xs' }: { row: EndpointRow; size?: 'xs' | 'compact-sm' }) {
    const queries = useQueryClient();
    const notice = useNotice();
    const toggle = useMutation({
        mutationFn: () => setActive(row.id, !row.isActive),
        onSuccess: () => queries.invalidateQueries({ queryKey: ['endpoints'] }),
        onError: notice.error,
    });
    return (
        <Action needs="manage" size={size} variant="default" loading={toggle.isPending} onClick={() => toggle.mutate()}>
            {row.isActive ? 'Pause' : 'Resume'}
        </Action>
    );
}
