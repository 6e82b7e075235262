import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { Link, useLocation } from 'wouter';
import { account } from '../api/routes';
import { ErrorNote } from '../components/States';
import { AccountCard } from '../session/AccountCard';

// The first owner, made with the token that the server printed at its start.
export default function SetUp() {
    const queries = useQueryClient();
    const [, navigate] = useLocation();
    const setUp = useMutation({
        mutationFn: account.setUp,
        onSuccess: async () => {
            await queries.resetQueries();
            navigate('/dashboard');
        },
    });
    const submit = (event: FormEvent<HTMLFormElement>) => {
        event.preventDefault();
        const { token, ...rest } = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>;
        setUp.mutate({ token: token?.trim(), ...rest });
    };
    return (
        <AccountCard title="Make the first owner">
            <form onSubmit={submit}>
                <Stack>
                    <p className="muted">
                        A server that nobody owns yet prints a token at its start, in its log: <code>setup_…</code>. It is good once. The
                        owner can add other users.
                    </p>
                    <TextInput label="Token" name="token" autoComplete="off" required autoFocus placeholder="setup_…" />
                    <TextInput label="Your name" name="fullName" autoComplete="name" />
                    <TextInput label="E-mail address" name="email" type="email" autoComplete="username" required />
                    <PasswordInput label="Password" description="10 characters at least" name="password" autoComplete="new-password" required
                        minLength={10} visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }} />
                    {setUp.error && <ErrorNote error={setUp.error} />}
                    <Button type="submit" loading={setUp.isPending}>Make the owner</Button>
                    <p className="muted"><Link href="/dashboard" className="link">Sign in</Link> instead</p>
                </Stack>
            </form>
        </AccountCard>
    );
}
