// Who asks, and what they may. Pages ask here before they offer something, so that nobody is offered what the server refuses.

import { createContext, useContext } from 'react';
import type { Account, Permission } from '../api/types';

// Those of the server, and what the portal's tokens have apart.
export type Right = Permission | 'viewSecrets' | 'rotateSecrets';

export interface Session {
    // open: nobody is signed in, and the server lets everybody use what needs no login (--auth open).
    kind: 'open' | 'user' | 'portal';
    account: Account | null;
    rights: ReadonlySet<Right>;
}

export const OPEN: Session = { kind: 'open', account: null, rights: new Set(['read', 'operate', 'manage']) };

export function sessionOf(account: Account): Session {
    const rights = new Set<Right>(account.permissions);
    if (rights.has('manage')) for (const right of ['viewSecrets', 'rotateSecrets'] as const) rights.add(right);
    return { kind: 'user', account, rights };
}

// What each capability of a portal's token is good for; the server decides by the same.
const CAPABILITIES: Record<string, Right[]> = {
    ViewEndpointSecret: ['viewSecrets'],
    ManageEndpointSecret: ['viewSecrets', 'rotateSecrets'],
    CreateAttempts: ['operate'],
    ManageEndpoint: ['manage', 'viewSecrets', 'rotateSecrets'],
};

// Null: everything.
export function portalSession(capabilities: ReadonlySet<string> | null): Session {
    const names = capabilities ?? Object.keys(CAPABILITIES);
    return { kind: 'portal', account: null, rights: new Set<Right>(['read', ...[...names].flatMap((name) => CAPABILITIES[name] ?? [])]) };
}

export const SessionContext = createContext<Session>(OPEN);

export const useSession = (): Session => useContext(SessionContext);

export interface Access {
    isAllowed: boolean;
    reason: string | undefined;
}

const NEEDS: Record<Right, string> = {
    read: 'a viewer',
    operate: 'an operator',
    ingest: 'an admin',
    manage: 'an admin',
    administer: 'an owner',
    viewSecrets: 'an admin',
    rotateSecrets: 'an admin',
};

const reasonOf = ({ kind }: Session, right: Right): string => {
    if (kind === 'open') return 'Sign in to do this: without a login this server does less.';
    return kind === 'portal' ? 'Your link does not allow this. Ask whoever gave it to you.' : `Only ${NEEDS[right]} may do this. Ask an owner for that role.`;
};

// `isNative`: of the routes that want a login even when everybody may use the rest.
export function accessOf(session: Session, right: Right, isNative: boolean): Access {
    const isAllowed = session.rights.has(right) && !(isNative && session.kind === 'open');
    return { isAllowed, reason: isAllowed ? undefined : reasonOf(session, right) };
}

export const useAccess = (right: Right, isNative = false): Access => accessOf(useSession(), right, isNative);
