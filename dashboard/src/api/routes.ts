// The server's routes by name. Whatever the pages ask for stands here.

import { call, get, patch, post, put, remove } from './client';
import type * as T from './types';

const segment = encodeURIComponent;
const PAGE_SIZE = 50;

export interface DeliveryFilter {
    status?: readonly string[];
    appId?: string;
    endpointId?: string;
    eventType?: string;
    after?: string;
    before?: string;
    search?: string;
}

export const overview = (signal: AbortSignal) => get<T.Overview>('/api/v1/overview', { minutes: 60 }, signal);

export const deliveries = (filter: DeliveryFilter, iterator: string | null, signal: AbortSignal) =>
    get<T.Page<T.Delivery>>('/api/v1/delivery', { ...filter, iterator, limit: PAGE_SIZE }, signal);
export const delivery = (msgId: string, endpointId: string, signal: AbortSignal) =>
    get<T.DeliveryDetail>(`/api/v1/delivery/${segment(msgId)}/${segment(endpointId)}`, undefined, signal);
export const resend = (msgId: string, endpointId: string) => post<void>(`/api/v1/delivery/${segment(msgId)}/${segment(endpointId)}/resend`);

export interface EndpointFilter {
    search?: string;
    health?: string;
}

export const endpoints = (filter: EndpointFilter, iterator: string | null, signal: AbortSignal, limit = PAGE_SIZE) =>
    get<T.Page<T.EndpointRow>>('/api/v1/endpoints', { ...filter, iterator, limit }, signal);
export const setActive = (endpointId: string, isActive: boolean) => patch<void>(`/api/v1/endpoints/${segment(endpointId)}`, { isActive });

const app = (appId: string) => `/api/v1/app/${segment(appId)}`;
const endpointOf = (appId: string, endpointId: string) => `${app(appId)}/endpoint/${segment(endpointId)}`;

export const native = {
    endpoints: (appId: string, iterator: string | null, signal: AbortSignal) =>
        get<T.Page<T.Endpoint>>(`${app(appId)}/endpoint`, { iterator, limit: PAGE_SIZE, order: 'descending' }, signal),
    endpoint: (appId: string, id: string, signal: AbortSignal) => get<T.Endpoint>(endpointOf(appId, id), undefined, signal),
    createEndpoint: (appId: string, body: object) => post<T.Endpoint>(`${app(appId)}/endpoint`, body),
    changeEndpoint: (appId: string, id: string, body: object) => patch<T.Endpoint>(endpointOf(appId, id), body),
    deleteEndpoint: (appId: string, id: string) => remove(endpointOf(appId, id)),
    secret: (appId: string, id: string) => get<{ key: string }>(`${endpointOf(appId, id)}/secret`),
    rotate: (appId: string, id: string) => post<void>(`${endpointOf(appId, id)}/secret/rotate`, {}),
    stats: (appId: string, id: string, signal: AbortSignal) => get<T.EndpointStats>(`${endpointOf(appId, id)}/stats`, undefined, signal),
    testFilter: (appId: string, id: string, body: object) => post<{ matches: boolean }>(`${endpointOf(appId, id)}/filter/test`, body),
    sendExample: (appId: string, id: string, eventType: string) =>
        post<{ id: string }>(`${endpointOf(appId, id)}/send-example`, { eventType }),
    redrive: (appId: string, id: string, kind: 'recover' | 'replay-missing' | 'bulk-replay', body: object) =>
        post<T.BackgroundTask>(`${endpointOf(appId, id)}/${kind}`, body),
    task: (id: string, signal: AbortSignal) => get<T.BackgroundTask>(`/api/v1/background-task/${segment(id)}`, undefined, signal),
    createMessage: (appId: string, body: object) => post<{ id: string }>(`${app(appId)}/msg`, body),
    portalLink: (appId: string, body: object) => post<{ url: string; token: string }>(`/api/v1/auth/app-portal-access/${segment(appId)}`, body),
    logout: () => post<void>('/api/v1/auth/logout'),
};

export const applications = {
    list: (iterator: string | null, signal: AbortSignal) =>
        get<T.Page<T.Application>>('/api/v1/app', { iterator, limit: PAGE_SIZE, order: 'descending' }, signal),
    get: (id: string, signal: AbortSignal) => get<T.Application>(app(id), undefined, signal),
    create: (body: object) => post<T.Application>('/api/v1/app', body),
    change: (id: string, body: object) => patch<T.Application>(app(id), body),
    remove: (id: string) => remove(app(id)),
};

export const eventTypes = {
    list: (iterator: string | null, signal: AbortSignal, limit = PAGE_SIZE) =>
        get<T.Page<T.EventType>>('/api/v1/event-type', { iterator, limit, with_content: true, include_archived: true }, signal),
    create: (body: object) => post<T.EventType>('/api/v1/event-type', body),
    change: (name: string, body: object) => patch<T.EventType>(`/api/v1/event-type/${segment(name)}`, body),
    remove: (name: string) => remove(`/api/v1/event-type/${segment(name)}`),
};

export const mailboxes = {
    get: (id: string) => get<T.Mailbox>(`/api/mailboxes/${segment(id)}`),
    create: (body: object) => post<T.Mailbox>('/api/mailboxes', body),
    change: (id: string, body: object) => patch<T.Mailbox>(`/api/mailboxes/${segment(id)}`, body),
    remove: (id: string) => remove(`/api/mailboxes/${segment(id)}`),
    rotateKey: (id: string) => post<T.Mailbox>(`/api/mailboxes/${segment(id)}/rotate-key`),
    handIn: (id: string, key: string, body: object) => post<{ tracking_number: string | null }>(`/webhooks/${segment(id)}`, body, { 'x-api-key': key }),
};

export const subscriptions = {
    create: (body: object) => post<{ id: string }>('/subscriptions/', body),
    change: (id: string, body: object) => put<{ id: string }>(`/subscriptions/${segment(id)}`, body),
    remove: (id: string) => remove(`/subscriptions/${segment(id)}`),
    ingest: (id: string, body: object) => post<{ delivery_id?: string }>(`/webhooks/ingest/${segment(id)}`, body),
};

export const account = {
    get: (signal?: AbortSignal) => get<T.Account>('/api/v1/account', undefined, signal),
    login: (body: object) => post<{ csrfToken: string }>('/api/v1/account/login', body),
    setUp: (body: object) => post<{ csrfToken: string }>('/api/v1/account/setup', body),
    logout: () => post<void>('/api/v1/account/logout'),
    change: (body: object) => patch<T.User>('/api/v1/account', body),
    changePassword: (body: object) => post<void>('/api/v1/account/password', body),
    sessions: (signal: AbortSignal) => get<T.Page<T.Session>>('/api/v1/account/sessions', undefined, signal),
    endSession: (id: string) => remove(`/api/v1/account/sessions/${segment(id)}`),
    endOthers: () => remove('/api/v1/account/sessions'),
};

export const members = {
    list: (iterator: string | null, signal: AbortSignal) => get<T.Page<T.User>>('/api/v1/members', { iterator, limit: PAGE_SIZE }, signal),
    create: (body: object) => post<T.User>('/api/v1/members', body),
    change: (id: string, body: object) => patch<T.User>(`/api/v1/members/${segment(id)}`, body),
    remove: (id: string) => remove(`/api/v1/members/${segment(id)}`),
};

export const apiKeys = {
    list: (iterator: string | null, signal: AbortSignal) => get<T.Page<T.ApiKey>>('/api/v1/api-keys', { iterator, limit: PAGE_SIZE }, signal),
    create: (body: object) => post<T.ApiKey>('/api/v1/api-keys', body),
    revoke: (id: string) => remove(`/api/v1/api-keys/${segment(id)}`),
};

export interface AuditFilter {
    actor?: string;
    action?: string;
    object?: string;
}

export const audit = (filter: AuditFilter, iterator: string | null, signal: AbortSignal) =>
    get<T.Page<T.AuditEntry>>('/api/v1/audit', { ...filter, iterator, limit: PAGE_SIZE }, signal);

export const isOpenToRead = (signal?: AbortSignal) =>
    call<unknown>('GET', '/subscriptions/', { query: { limit: 1 }, ...(signal && { signal }) }).then(
        () => true,
        (error) => {
            if (error.status === 401 || error.status === 403) return false;
            throw error;
        },
    );
