// What the routes answer that the pages use; docs/api-native.md and /openapi.json describe them.

export interface Page<T> {
    data: T[];
    iterator: string | null;
    prevIterator?: string | null;
    done: boolean;
}

export type Permission = 'ingest' | 'read' | 'operate' | 'manage' | 'administer';
export type Role = 'viewer' | 'operator' | 'admin' | 'owner';

export interface User {
    id: string;
    email: string;
    fullName: string;
    role: Role;
    applicationId: string | null;
    isActive: boolean;
    createdAt: string;
    updatedAt: string;
}

export interface Account {
    user: User | null;
    actor: string;
    organizationId: string;
    applicationId: string | null;
    permissions: Permission[];
    csrfToken?: string;
    expiresAt?: string;
}

export type DeliveryStatus = 'pending' | 'delivered' | 'failed' | 'cancelled';

export interface Delivery {
    msgId: string;
    eventId: string | null;
    appId: string;
    appName: string;
    endpointId: string;
    endpointName: string;
    url: string;
    eventType: string;
    status: DeliveryStatus;
    attemptCount: number;
    createdAt: string;
    lastAttemptAt: string | null;
    lastStatusCode: number | null;
    nextAttemptAt: string | null;
}

export type Headers = Record<string, string>;

export interface Attempt {
    id: string;
    number: number;
    timestamp: string;
    outcome: string;
    statusCode: number | null;
    error: string | null;
    durationMs: number;
    trigger: 'scheduled' | 'manual';
    requestHeaders: Headers | null;
    responseHeaders: { name: string; value: string }[] | null;
    responseHeadersLeftOut: number;
    responseBody: string | null;
}

export interface DeliveryDetail extends Delivery {
    payload: unknown;
    headers: Headers | null;
    attempts: Attempt[];
}

export type Health = 'healthy' | 'suspect' | 'unhealthy';
export type ApiName = 'native' | 'subscriptions' | 'orders' | 'mailboxes' | 'contacts';

// A row of the list of every API's endpoints.
export interface EndpointRow {
    id: string;
    appId: string;
    appName: string;
    api: ApiName;
    name: string;
    url: string;
    isActive: boolean;
    health: Health;
    failingSince: string | null;
    pending: number;
    eventTypes: string[] | null;
    createdAt: string;
}

export interface Minute {
    at: string;
    accepted: number;
    delivered: number;
    failedAttempts: number;
    dead: number;
    p50Ms: number | null;
    p95Ms: number | null;
}

export interface Totals {
    accepted: number;
    delivered: number;
    failed: number;
    cancelled: number;
    pending: number;
    inFlight: number;
}

export interface Overview {
    // Null: they are of the whole server, and not for everybody.
    totals: Totals | null;
    minutes: Minute[];
    endpoints: { total: number; active: number; disabled: number; unhealthy: number };
    startedAt: string;
    version: string;
}

// The native API's own view of an endpoint.
export interface Endpoint {
    id: string;
    url: string;
    description: string;
    uid?: string | null;
    throttleRate?: number | null;
    disabled: boolean;
    eventTypes?: string[] | null;
    channels?: string[] | null;
    filter?: Record<string, unknown> | null;
    metadata: Record<string, string>;
    createdAt: string;
    updatedAt: string;
}

export interface EndpointStats {
    success: number;
    pending: number;
    sending: number;
    fail: number;
    canceled?: number;
}

export interface Application {
    id: string;
    uid?: string;
    name: string;
    throttleRate?: number | null;
    metadata: Record<string, string>;
    createdAt: string;
    updatedAt: string;
}

export type PayloadValidation = 'off' | 'warn' | 'reject';

export interface EventType {
    name: string;
    description: string;
    archived: boolean;
    deprecated: boolean;
    schemas?: Record<string, unknown> | null;
    groupName?: string | null;
    payloadValidation: PayloadValidation;
    createdAt: string;
    updatedAt: string;
}

export interface BackgroundTask {
    id: string;
    status: 'running' | 'finished' | 'failed';
    task: string;
    data: Record<string, unknown>;
    updatedAt: string;
}

export interface Mailbox {
    id: string;
    api_key: string | null;
    name: string;
    target_url: string;
    is_active: boolean;
    event_types: string[] | null;
    max_attempts: number;
    rate_limit: number | null;
}

export type KeyScope = 'ingest' | 'read' | 'full';

export interface ApiKey {
    id: string;
    name: string;
    scope: KeyScope;
    applicationId: string | null;
    hint: string;
    createdBy: string | null;
    createdAt: string;
    expiresAt: string | null;
    lastUsedAt: string | null;
    key?: string;
}

export interface Session {
    id: string;
    createdAt: string;
    expiresAt: string;
    address: string;
    userAgent: string;
    isCurrent: boolean;
}

export interface AuditEntry {
    sequence: number;
    at: string;
    actor: string;
    actorName: string;
    address: string;
    action: string;
    object: string;
    before: Record<string, unknown> | null;
    after: Record<string, unknown> | null;
    hash: string;
}

// The events of the live stream.
export interface LiveMessage {
    msgId: string;
    appId: string;
    eventType: string;
    createdAt: string;
}

export interface LiveAttempt {
    msgId: string;
    appId: string;
    endpointId: string;
    eventType: string;
    number: number;
    outcome: string;
    statusCode: number | null;
    durationMs: number;
    status: DeliveryStatus;
    timestamp: string;
}
