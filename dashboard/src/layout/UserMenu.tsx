import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from 'wouter';
import { setCredentials } from '../api/client';
import { account as accountRoutes } from '../api/routes';
import { useNotice } from '../components/Notices';
import { useSession } from '../session/access';

export function UserMenu() {
    const { account } = useSession();
    const queries = useQueryClient();
    const notice = useNotice();
    const signOut = useMutation({
        mutationFn: accountRoutes.logout,
        onSuccess: () => {
            setCredentials({});
            return queries.resetQueries();
        },
        onError: notice.error,
    });
    if (!account)
        return (
            <div className="user">
                <span className="muted">Nobody is signed in; this server lets everybody read.</span>
                <Link href="/dashboard/sign-in" className="link">Sign in</Link>
            </div>
        );
    return (
        <div className="user">
            <Link href="/dashboard/account" className="link ellipsis" title="Your account">{account.user?.email ?? account.actor}</Link>
            <span className="muted">{account.user?.role}</span>
            <Button size="compact-xs" variant="default" loading={signOut.isPending} onClick={() => signOut.mutate()}>Sign out</Button>
        </div>
    );
}
