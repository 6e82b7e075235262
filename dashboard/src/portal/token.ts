// The portal's token comes behind the # of its address, which no server sees. It is kept for this tab, so that a reload works, and
// taken out of the address, so that nobody passes it on with a link.

const KEY = 'posthaste-portal-token';

export interface PortalToken {
    text: string;
    application: string;
    // None: everything.
    capabilities: ReadonlySet<string> | null;
}

function claimsOf(token: string): Record<string, unknown> | null {
    try {
        const [, middle = ''] = token.split('.');
        const bytes = Uint8Array.from(atob(middle.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0));
        return JSON.parse(new TextDecoder().decode(bytes));
    } catch {
        return null;
    }
}

// Null: that is no token of an application. Whether it is good only the server knows.
export function readToken(text: string): PortalToken | null {
    const claims = claimsOf(text);
    if (typeof claims?.sub !== 'string' || !claims.sub.startsWith('app_')) return null;
    const listed = claims.capabilities;
    return { text, application: claims.sub, capabilities: Array.isArray(listed) ? new Set(listed.map(String)) : null };
}

export function takeToken(): PortalToken | null {
    const key = new URLSearchParams(window.location.hash.slice(1)).get('key');
    if (key) {
        sessionStorage.setItem(KEY, key);
        window.history.replaceState(null, '', window.location.pathname + window.location.search);
    }
    const kept = key ?? sessionStorage.getItem(KEY);
    return kept ? readToken(kept) : null;
}

export const forgetToken = (): void => sessionStorage.removeItem(KEY);
