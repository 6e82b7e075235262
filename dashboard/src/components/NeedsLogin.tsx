import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useSession } from '../session/access';
import { Empty } from './States';

// What the server answers nobody without a login, even when it is open for the rest.
export function NeedsLogin({ children }: { children: ReactNode }) {
    if (useSession().account) return children;
    return (
        <Empty title="Sign in to see this">
            <Link href="/dashboard/sign-in" className="link">Sign in</Link>. Users are made with <code>posthaste user add</code>.
        </Empty>
    );
}
