// How a test event reaches an endpoint depends on the API that made it: each has its own way in.

import { mailboxes, native, subscriptions } from '../api/routes';
import type { EndpointRow } from '../api/types';
import { uuidOf } from './ids';

type Payload = Record<string, unknown>;

// What the payload calls itself, for the APIs that are told the type beside it.
export const eventTypeOf = (payload: Payload): string => {
    const name = payload.event ?? payload.eventType ?? payload.type;
    return typeof name === 'string' && /^[\w.-]+$/.test(name) ? name : 'test.event';
};

export async function sendTestEvent(target: EndpointRow | { url: string }, payload: Payload): Promise<void> {
    if (!('api' in target)) {
        const made = await subscriptions.create({ target_url: target.url });
        await subscriptions.ingest(made.id, payload);
        return;
    }
    const { api, appId, id } = target;
    if (api === 'native') {
        await native.createMessage(appId, { eventType: eventTypeOf(payload), payload });
        return;
    }
    if (api === 'subscriptions') {
        await subscriptions.ingest(uuidOf(id), payload);
        return;
    }
    // The keys of mailboxes are shown only where nobody has to sign in.
    const key = api === 'mailboxes' ? (await mailboxes.get(uuidOf(id))).api_key : null;
    if (key) await mailboxes.handIn(uuidOf(id), key, payload);
    else await native.sendExample(appId, id, 'svix.ping');
}
