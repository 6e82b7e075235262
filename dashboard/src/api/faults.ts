// What an answer that is no success says, in words that tell what to do.

export interface Fault {
    code: string;
    message: string;
    // By the member of the request that is wrong, as the server names it.
    fields: Record<string, string>;
}

interface Issue {
    loc?: unknown[];
    msg?: string;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const ADVICE: Record<number, string> = {
    0: 'The server cannot be reached. Check that posthaste is running and that your network is up.',
    401: 'You are not signed in, or your session has ended. Sign in again.',
    403: 'You may not do this. Ask an owner of this server for another role.',
    404: 'It is not there, or no longer: go back to the list.',
    413: 'That is larger than the server takes.',
    429: 'Too many tries. Wait a little, then try again.',
    503: 'The server is too busy, or its disk is full. Try again in a moment; /health says more.',
};

function fieldsOf(issues: Issue[]): Record<string, string> {
    const fields: Record<string, string> = {};
    for (const { loc = [], msg = '' } of issues) fields[String(loc.filter((part) => part !== 'body').join('.'))] ??= msg;
    return fields;
}

// `answer` is the parsed body, if there was one. Handles both forms of errors: {"code", "detail": text} and {"detail": [issues]}.
export function faultOf(status: number, answer: unknown, retryAfter: string | null = null): Fault {
    const detail = isObject(answer) ? answer.detail : undefined;
    const code = isObject(answer) && typeof answer.code === 'string' ? answer.code : '';
    if (Array.isArray(detail)) {
        const fields = fieldsOf(detail.filter(isObject) as Issue[]);
        const message = Object.entries(fields).map(([name, text]) => (name ? `${name}: ${text}` : text)).join(' ');
        return { code: code || 'validation', message: message || 'Something in the request is not valid.', fields };
    }
    const said = typeof detail === 'string' ? detail : '';
    const wait = status === 429 && retryAfter ? ` (in ${retryAfter} s)` : '';
    const advice = ADVICE[status] ?? (status >= 500 ? `The server answered ${status}. Its log says why.` : `The server answered ${status}.`);
    const isVague = said === '' || status === 401 || status === 429 || (status === 404 && /^(not found|entity not found\.?)$/i.test(said));
    return { code, message: isVague ? advice + wait : said, fields: {} };
}

export function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}
