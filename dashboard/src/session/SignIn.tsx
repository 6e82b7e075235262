import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { Link } from 'wouter';
import { ApiError } from '../api/client';
import { account } from '../api/routes';
import { ErrorNote } from '../components/States';
import { AccountCard } from './AccountCard';

// A wrong password is no ended session.
const explained = (error: Error) =>
    error instanceof ApiError && error.status === 401 ? new Error('No user has this address and this password. Look at both, then try again.') : error;

export function SignIn({ onDone }: { onDone?: () => void }) {
    const queries = useQueryClient();
    const signIn = useMutation({
        mutationFn: account.login,
        onSuccess: () => {
            onDone?.();
            return queries.resetQueries();
        },
    });
    const submit = (event: FormEvent<HTMLFormElement>) => {
        event.preventDefault();
        signIn.mutate(Object.fromEntries(new FormData(event.currentTarget)));
    };
    return (
        <AccountCard title="Sign in">
            <form onSubmit={submit}>
                <Stack>
                    <TextInput label="E-mail address" name="email" type="email" autoComplete="username" required autoFocus />
                    <PasswordInput label="Password" name="password" autoComplete="current-password" required
                        visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }} />
                    {signIn.error && <ErrorNote error={explained(signIn.error)} />}
                    <Button type="submit" loading={signIn.isPending}>Sign in</Button>
                    <p className="muted">
                        Is this server new? <Link href="/dashboard/setup" className="link">Make its first owner</Link>
                    </p>
                </Stack>
            </form>
        </AccountCard>
    );
}
