// The one door to the server: every request of the dashboard and the portal goes through `call`. It adds the credentials and
// turns whatever goes wrong into an ApiError whose message says what to do.

import { faultOf, type Fault } from './faults';

export class ApiError extends Error {
    // 0: no answer came.
    readonly status: number;
    readonly code: string;
    readonly fields: Readonly<Record<string, string>>;

    constructor(status: number, fault: Fault) {
        super(fault.message);
        this.name = 'ApiError';
        this.status = status;
        this.code = fault.code;
        this.fields = fault.fields;
    }
}

// A session's cookie is sent by the browser; what changes something needs its CSRF token as well. The portal has a token instead.
export interface Credentials {
    csrfToken?: string | undefined;
    bearer?: string | undefined;
}

let credentials: Credentials = {};

export function setCredentials(next: Credentials): void {
    credentials = next;
}

export type Query = Record<string, string | number | boolean | readonly string[] | null | undefined>;

export interface CallOptions {
    query?: Query;
    body?: unknown;
    headers?: Record<string, string>;
    signal?: AbortSignal;
}

export function pathWith(path: string, query: Query = {}): string {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
        if (value === undefined || value === null || value === '') continue;
        for (const one of Array.isArray(value) ? value : [value]) parameters.append(name, String(one));
    }
    const text = parameters.toString();
    return text ? `${path}?${text}` : path;
}

export function authorization(): Record<string, string> {
    return credentials.bearer ? { authorization: `Bearer ${credentials.bearer}` } : {};
}

function headersFor(method: string, options: CallOptions): Record<string, string> {
    const headers: Record<string, string> = { accept: 'application/json', ...authorization(), ...options.headers };
    if (options.body !== undefined) headers['content-type'] = 'application/json';
    if (method !== 'GET' && credentials.csrfToken) headers['x-csrf-token'] = credentials.csrfToken;
    return headers;
}

async function send(method: string, path: string, options: CallOptions): Promise<Response> {
    try {
        return await fetch(pathWith(path, options.query), {
            method,
            headers: headersFor(method, options),
            credentials: credentials.bearer ? 'omit' : 'same-origin',
            body: options.body === undefined ? null : JSON.stringify(options.body),
            signal: options.signal ?? null,
        });
    } catch (error) {
        if (options.signal?.aborted) throw error;
        throw new ApiError(0, faultOf(0, undefined));
    }
}

export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    const response = await send(method, path, options);
    const text = await response.text();
    let answer: unknown;
    try {
        answer = text ? JSON.parse(text) : undefined;
    } catch {
        answer = undefined;
    }
    if (!response.ok) throw new ApiError(response.status, faultOf(response.status, answer, response.headers.get('retry-after')));
    return answer as T;
}

export const get = <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
    call('GET', path, { ...(query && { query }), ...(signal && { signal }) });
export const post = <T>(path: string, body?: unknown, headers?: Record<string, string>): Promise<T> =>
    call('POST', path, { body, ...(headers && { headers }) });
export const put = <T>(path: string, body: unknown): Promise<T> => call('PUT', path, { body });
export const patch = <T>(path: string, body: unknown): Promise<T> => call('PATCH', path, { body });
export const remove = (path: string): Promise<void> => call('DELETE', path);
