import { Button, PasswordInput, Stack } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useRef } from 'react';
import { account } from '../api/routes';
import { DataTable } from '../components/DataTable';
import { Facts } from '../components/Facts';
import { NeedsLogin } from '../components/NeedsLogin';
import { useNotice } from '../components/Notices';
import { PageHeader } from '../components/PageHeader';
import { ErrorNote, Loading } from '../components/States';
import { Time } from '../components/Time';
import { useSession } from '../session/access';

function Password() {
    const notice = useNotice();
    const form = useRef<HTMLFormElement>(null);
    const queries = useQueryClient();
    const change = useMutation({
        mutationFn: account.changePassword,
        onSuccess: () => {
            notice.done('The password is changed. All other sessions have ended.');
            form.current?.reset();
            return queries.invalidateQueries({ queryKey: ['sessions'] });
        },
    });
    const submit = (event: FormEvent<HTMLFormElement>) => {
        event.preventDefault();
        change.mutate(Object.fromEntries(new FormData(event.currentTarget)));
    };
    const toggle = { 'aria-label': 'Show the password' };
    return (
        <section className="panel narrow" aria-label="Password">
            <h2>Change your password</h2>
            <form ref={form} onSubmit={submit}>
                <Stack>
                    <PasswordInput label="Current password" name="currentPassword" autoComplete="current-password" required visibilityToggleButtonProps={toggle} />
                    <PasswordInput label="New password" name="newPassword" description="10 characters at least" autoComplete="new-password" minLength={10} required visibilityToggleButtonProps={toggle} />
                    {change.error && <ErrorNote error={change.error} />}
                    <div><Button type="submit" loading={change.isPending}>Change</Button></div>
                </Stack>
            </form>
        </section>
    );
}

function Sessions() {
    const queries = useQueryClient();
    const notice = useNotice();
    const list = useQuery({ queryKey: ['sessions'], queryFn: ({ signal }) => account.sessions(signal) });
    const end = useMutation({
        mutationFn: (id: string | null) => (id ? account.endSession(id) : account.endOthers()),
        onSuccess: () => queries.invalidateQueries({ queryKey: ['sessions'] }),
        onError: notice.error,
    });
    if (list.isPending) return <Loading what="your sessions" />;
    if (!list.data) return <ErrorNote error={list.error} onRetry={() => list.refetch()} />;
    const rows = list.data.data;
    return (
        <>
            <PageHeader title="Your account" actions={<Button variant="default" size="xs" disabled={rows.length < 2} onClick={() => end.mutate(null)}>Sign out everywhere else</Button>} />
            <DataTable label="Sessions" rows={rows} keyOf={({ id }) => id} columns={[
                { title: 'Browser', className: 'wide', cell: ({ userAgent }) => <div className="ellipsis" title={userAgent}>{userAgent}</div> },
                { title: 'Address', cell: ({ address }) => address },
                { title: 'Since', cell: ({ createdAt }) => <Time at={createdAt} /> },
                { title: 'Until', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
                { title: 'Actions', className: 'actions', cell: ({ id, isCurrent }) =>
                    isCurrent ? <span className="muted">this one</span> : <Button size="compact-sm" variant="default" onClick={() => end.mutate(id)}>End</Button> },
            ]} />
        </>
    );
}

export default function MyAccount() {
    const { account: mine } = useSession();
    return (
        <NeedsLogin>
            {mine?.user ? (
                <>
                    <Sessions />
                    <h2>You</h2>
                    <Facts rows={[['Name', mine.user.fullName], ['E-mail address', mine.user.email], ['Role', mine.user.role], ['You may', mine.permissions.join(', ')]]} />
                    <h2>Password</h2>
                    <Password />
                </>
            ) : (
                <p>You came with a key or token, which has no account.</p>
            )}
        </NeedsLogin>
    );
}
