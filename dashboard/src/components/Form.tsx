import { Button, Group, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { FormEvent, ReactNode } from 'react';
import { Dialog } from './Dialog';
import { ErrorNote } from './States';

// What a form holds, by the names of its fields; an unticked checkbox is not in it.
export type FormValues = Record<string, string>;

interface Props<T> {
    title: string;
    action: string;
    onSubmit: (values: FormValues) => Promise<T>;
    onDone: (result: T) => void;
    onClose: () => void;
    children: ReactNode;
}

// A form in a dialog: what goes wrong is said in it, and what was typed stays.
export function FormDialog<T>({ title, action, onSubmit, onDone, onClose, children }: Props<T>) {
    const save = useMutation({ mutationFn: onSubmit, onSuccess: onDone });
    const submit = (event: FormEvent<HTMLFormElement>) => {
        event.preventDefault();
        save.mutate(Object.fromEntries(new FormData(event.currentTarget)) as FormValues);
    };
    return (
        <Dialog title={title} onClose={onClose}>
            <form onSubmit={submit}>
                <Stack>
                    {children}
                    {save.error && <ErrorNote error={save.error} />}
                    <Group justify="flex-end">
                        <Button variant="default" onClick={onClose}>Cancel</Button>
                        <Button type="submit" loading={save.isPending}>{action}</Button>
                    </Group>
                </Stack>
            </form>
        </Dialog>
    );
}
