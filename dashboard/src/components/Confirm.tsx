import { Button, Group, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Dialog } from './Dialog';
import { ErrorNote } from './States';

interface Props {
    title: string;
    action: string;
    children: ReactNode;
    onConfirm: () => Promise<unknown>;
    onClose: () => void;
}

// Asks before something that cannot be undone.
export function Confirm({ title, action, children, onConfirm, onClose }: Props) {
    const run = useMutation({ mutationFn: onConfirm, onSuccess: onClose });
    return (
        <Dialog title={title} onClose={onClose}>
            <Stack>
                <div>{children}</div>
                {run.error && <ErrorNote error={run.error} />}
                <Group justify="flex-end">
                    <Button variant="default" onClick={onClose}>Cancel</Button>
                    <Button color="red" loading={run.isPending} onClick={() => run.mutate()}>{action}</Button>
                </Group>
            </Stack>
        </Dialog>
    );
}
