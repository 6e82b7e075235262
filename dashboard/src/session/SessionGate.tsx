import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ApiError, setCredentials } from '../api/client';
import { account, isOpenToRead } from '../api/routes';
import { ErrorNote, Loading } from '../components/States';
import { OPEN, type Session, SessionContext, sessionOf } from './access';

// Null: who asks has to sign in first.
async function findSession(signal: AbortSignal): Promise<Session | null> {
    try {
        const found = await account.get(signal);
        setCredentials({ csrfToken: found.csrfToken });
        return sessionOf(found);
    } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 401) throw error;
    }
    setCredentials({});
    return (await isOpenToRead(signal)) ? OPEN : null;
}

interface Props {
    signIn: ReactNode;
    children: ReactNode;
}

// Lets nobody past whom the server would not let past, either.
export function SessionGate({ signIn, children }: Props) {
    const session = useQuery({ queryKey: ['session'], queryFn: ({ signal }) => findSession(signal) });
    if (session.isPending) return <Loading what="posthaste" />;
    if (session.data === undefined)
        return <div className="centered"><ErrorNote error={session.error} onRetry={() => session.refetch()} /></div>;
    return session.data ? <SessionContext.Provider value={session.data}>{children}</SessionContext.Provider> : signIn;
}
