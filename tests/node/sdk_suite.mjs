// Drives a running server with a published Svix SDK, as a program that changed nothing but its server URL would, and checks
// what a real receiver got with the SDK's own verification. Run by tests/integration/test_sdk.py, once per package:
//
//   POSTHASTE_URL=http://127.0.0.1:8000 POSTHASTE_TOKEN=… SVIX_PACKAGE=svix node --test sdk_suite.mjs

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { webcrypto } from 'node:crypto';
import { Receiver } from './receiver.mjs';

globalThis.crypto ??= webcrypto; // Node 18 has it, under another name
const { Svix, Webhook, ApiException } = await import(process.env.SVIX_PACKAGE ?? 'svix');

const serverUrl = process.env.POSTHASTE_URL;
const svix = new Svix(process.env.POSTHASTE_TOKEN, { serverUrl });

const receiver = new Receiver();
before(() => receiver.start());
after(() => receiver.stop());

// The payload of a delivery whose signature is right; throws otherwise. (The first series also returns it from verify().)
function verified(key, { body, headers }) {
    new Webhook(key).verify(body, headers);
    return JSON.parse(body);
}

// What is recorded a moment after the receiver saw it: asks again until it is so.
async function eventually(what, ask) {
    const late = Date.now() + 20_000;
    for (;;) {
        const value = await ask();
        if (value) return value;
        if (Date.now() > late) throw new Error(`${what} did not come about`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

async function refused(promise, status) {
    await assert.rejects(promise, (error) => {
        assert.ok(error instanceof ApiException, String(error));
        assert.equal(error.code, status);
        return true;
    });
}

async function all(list) {
    const seen = [];
    let iterator = null;
    for (;;) {
        const page = await list({ iterator, limit: 100 });
        seen.push(...page.data);
        iterator = page.iterator;
        if (page.done) return seen;
    }
}

let number = 0;
const unique = (word) => `${word}-${process.pid}-${Date.now()}-${++number}`;
const newApp = (more = {}) => svix.application.create({ name: 'an application', ...more });

async function newEndpoint(app, path, more = {}) {
    return svix.endpoint.create(app.id, { url: receiver.url(path), ...more });
}

// ---- the tests

test('applications', async () => {
    const uid = unique('app');
    const made = await newApp({ uid, metadata: { plan: 'gold' }, throttleRate: 7 });
    assert.match(made.id, /^app_[0-9A-Za-z]{27}$/);
    assert.deepEqual([made.uid, made.metadata, made.throttleRate ?? made.rateLimit], [uid, { plan: 'gold' }, 7]);
    assert.ok(made.createdAt instanceof Date && !Number.isNaN(made.createdAt.getTime()));

    assert.equal((await svix.application.get(uid)).id, made.id);
    await refused(newApp({ uid }), 409);
    assert.equal((await svix.application.getOrCreate({ name: 'other', uid })).id, made.id);
    assert.equal((await svix.application.patch(uid, { name: 'patched' })).name, 'patched');
    const update = svix.application.upsert ?? svix.application.update;
    assert.equal((await update.call(svix.application, uid, { name: 'updated', uid })).name, 'updated');
    await svix.application.delete(uid);
    await refused(svix.application.get(uid), 404);
});

test('iteration over 1,000 applications finds each one once, in both orders', async () => {
    const uids = Array.from({ length: 1000 }, () => unique('bulk'));
    for (let at = 0; at < uids.length; at += 50)
        await Promise.all(uids.slice(at, at + 50).map((uid) => newApp({ uid })));
    for (const order of ['ascending', 'descending']) {
        const seen = (await all((page) => svix.application.list({ ...page, order }))).map((app) => app.uid);
        assert.equal(new Set(seen).size, seen.length);
        assert.deepEqual(seen.filter((uid) => uids.includes(uid)).sort(), [...uids].sort());
    }
    await Promise.all(uids.map((uid) => svix.application.delete(uid)));
});

test('event types', async () => {
    const name = unique('invoice.paid');
    const schemas = { 1: { type: 'object', required: ['amount'], properties: { amount: { type: 'number' } } } };
    const made = await svix.eventType.create({ name, description: 'paid', schemas });
    assert.deepEqual([made.name, made.description, made.schemas], [name, 'paid', schemas]);
    await refused(svix.eventType.create({ name, description: 'again' }), 409);
    assert.equal((await svix.eventType.patch(name, { description: 'patched' })).description, 'patched');
    assert.ok((await all((page) => svix.eventType.list({ ...page, withContent: true }))).some((type) => type.name === name));
    await svix.eventType.delete(name);
    assert.ok(!(await all((page) => svix.eventType.list(page))).some((type) => type.name === name), 'archived');
    assert.equal((await svix.eventType.create({ name, description: 'revived' })).description, 'revived');
    await svix.eventType.delete(name, { expunge: true });
    await refused(svix.eventType.get(name), 404);
});

test('event types are imported from an OpenAPI document, in JSON and in YAML', async () => {
    const [first, second] = [unique('imported'), unique('imported')];
    const post = { summary: 'Somebody came.', requestBody: { content: { 'application/json': { schema: { type: 'object' } } } } };
    const spec = { openapi: '3.1.0', webhooks: { [first]: { post } } };
    assert.deepEqual((await svix.eventType.importOpenapi({ spec })).data.modified, [first]);
    const specRaw = `openapi: 3.1.0\nwebhooks:\n  ${second}:\n    post: {summary: Somebody left., tags: [users]}\n`;
    const told = (await svix.eventType.importOpenapi({ specRaw, dryRun: true })).data;
    assert.deepEqual(told.toModify.map(({ name, groupName }) => [name, groupName]), [[second, 'users']]);
    await svix.eventType.importOpenapi({ specRaw });
    assert.equal((await svix.eventType.get(second)).description, 'Somebody left.');
    await refused(svix.eventType.importOpenapi({ specRaw: 'a: [1' }), 422);
});

test('endpoints, their headers and secrets', async () => {
    const app = await newApp();
    const type = unique('user.created');
    await svix.eventType.create({ name: type, description: '' });
    const made = await newEndpoint(app, '/crud', {
        uid: unique('ep'), description: 'mine', channels: ['eu'], metadata: { a: 'b' },
        ...(process.env.SVIX_PACKAGE === 'svix1' ? { filterTypes: [type] } : { eventTypes: [type] }),
    });
    assert.match(made.id, /^ep_/);
    assert.equal(made.description, 'mine');
    assert.equal((await svix.endpoint.get(app.id, made.uid)).id, made.id);
    assert.equal((await svix.endpoint.patch(app.id, made.id, { description: 'patched' })).description, 'patched');
    const update = svix.endpoint.upsert ?? svix.endpoint.update;
    const updated = await update.call(svix.endpoint, app.id, made.id, { url: receiver.url('/crud') });
    assert.deepEqual([updated.description, updated.channels ?? null], ['', null], 'a PUT resets what it leaves out');

    await svix.endpoint[svix.endpoint.setHeaders ? 'setHeaders' : 'updateHeaders'](app.id, made.id, {
        headers: { 'X-Custom': 'one', Authorization: 'Bearer hidden' },
    });
    const shown = await svix.endpoint.getHeaders(app.id, made.id);
    assert.deepEqual([shown.headers, shown.sensitive.map((name) => name.toLowerCase())], [{ 'X-Custom': 'one' }, ['authorization']]);

    assert.match((await svix.endpoint.getSecret(app.id, made.id)).key, /^whsec_/);
    const key = 'whsec_' + Buffer.alloc(24, 7).toString('base64');
    await svix.endpoint.rotateSecret(app.id, made.id, { key });
    assert.equal((await svix.endpoint.getSecret(app.id, made.id)).key, key);
    await svix.endpoint.delete(app.id, made.id);
    await refused(svix.endpoint.get(app.id, made.id), 404);
});

test('a delivery verifies, before and after the secret is rotated', async () => {
    const app = await newApp();
    const endpoint = await newEndpoint(app, '/verify');
    await svix.endpoint[svix.endpoint.setHeaders ? 'setHeaders' : 'updateHeaders'](app.id, endpoint.id, { headers: { 'X-Custom': 'yes' } });
    const before = (await svix.endpoint.getSecret(app.id, endpoint.id)).key;
    const payload = { text: 'Grüße ☃', big: 12345678901234567890, nested: { z: [1, 2, null], a: true } };
    const message = await svix.message.create(app.id, { eventType: 'user.created', payload });
    const [first] = await receiver.arrived('/verify', 1);
    assert.deepEqual(verified(before, first), payload);
    assert.equal(first.headers['svix-id'], message.id);
    assert.equal(first.headers['webhook-id'], message.id);
    assert.equal(first.headers['content-type'], 'application/json');
    assert.equal(first.headers['x-custom'], 'yes');
    assert.throws(() => verified(before, { ...first, body: first.body + ' ' }));

    await svix.endpoint.rotateSecret(app.id, endpoint.id, {});
    const now = (await svix.endpoint.getSecret(app.id, endpoint.id)).key;
    assert.notEqual(now, before);
    await svix.message.create(app.id, { eventType: 'user.created', payload: { n: 2 } });
    const [, second] = await receiver.arrived('/verify', 2);
    for (const key of [before, now]) assert.deepEqual(verified(key, second), { n: 2 });
});

test('filters by event type and channel decide who gets a message', async () => {
    const app = await newApp();
    const type = unique('order.created');
    await svix.eventType.create({ name: type, description: '' });
    const types = process.env.SVIX_PACKAGE === 'svix1' ? { filterTypes: [type] } : { eventTypes: [type] };
    await newEndpoint(app, '/all');
    await newEndpoint(app, '/typed', types);
    await newEndpoint(app, '/channel', { channels: ['eu', 'us'] });
    await newEndpoint(app, '/off', { disabled: true });
    await svix.message.create(app.id, { eventType: 'other', payload: { n: 1 } });
    await svix.message.create(app.id, { eventType: type, payload: { n: 2 } });
    await svix.message.create(app.id, { eventType: 'other', payload: { n: 3 }, channels: ['us'] });
    const numbers = async (path, count) => (await receiver.arrived(path, count)).map(({ body }) => JSON.parse(body).n).sort();
    assert.deepEqual(await numbers('/all', 3), [1, 2, 3]);
    assert.deepEqual(await numbers('/typed', 1), [2]);
    assert.deepEqual(await numbers('/channel', 1), [3]);
    assert.deepEqual(receiver.at('/off'), []);
});

test('messages are listed newest first and read back', async () => {
    const app = await newApp();
    const made = [];
    for (let n = 0; n < 5; ++n)
        made.push(await svix.message.create(app.id, { eventType: 'a.b', payload: { n }, eventId: unique('event') }));
    const listed = await all((page) => svix.message.list(app.id, { ...page, limit: 2 }));
    assert.deepEqual(listed.map(({ id }) => id), made.map(({ id }) => id).reverse());
    assert.deepEqual((await svix.message.get(app.id, made[3].eventId, { withContent: true })).payload, { n: 3 });
    await refused(svix.message.create(app.id, { eventType: 'a.b', payload: {}, eventId: made[3].eventId }), 409);
    await svix.message.expungeContent(app.id, made[3].id);
    assert.deepEqual((await svix.message.get(app.id, made[3].id, { withContent: true })).payload, { expired: true });
});

test('tags narrow lists, and payloads of many messages are deleted at once', async () => {
    const app = await newApp();
    const endpoint = await newEndpoint(app, '/tagged');
    const vip = await svix.message.create(app.id, { eventType: 'a.b', payload: { n: 1 }, tags: ['vip', 'two words'] });
    const other = await svix.message.create(app.id, { eventType: 'a.b', payload: { n: 2 }, eventId: unique('event') });
    assert.deepEqual(vip.tags, ['vip', 'two words']);
    await receiver.arrived('/tagged', 2);
    const ids = ({ data }) => data.map((one) => one.msgId ?? one.id);
    assert.deepEqual(ids(await svix.message.list(app.id, { tag: 'two words' })), [vip.id]);
    assert.deepEqual(ids(await svix.messageAttempt.listAttemptedMessages(app.id, endpoint.id, { tag: 'vip' })), [vip.id]);
    const attempts = await eventually('an attempt', async () => {
        const list = await svix.messageAttempt.listByEndpoint(app.id, endpoint.id, { tag: 'vip', withMsg: true });
        return list.data.length === 1 && list;
    });
    assert.deepEqual([attempts.data[0].msg.id, attempts.data[0].msg.tags], [vip.id, ['vip', 'two words']]);
    assert.deepEqual((await svix.messageAttempt.listByEndpoint(app.id, endpoint.id, { status: 4 })).data, []);

    if (svix.message.bulkExpungeContent) {
        const { results } = await svix.message.bulkExpungeContent(app.id, { ids: [vip.id, other.eventId, 'nobody'] });
        assert.deepEqual(results, { [vip.id]: 'expunged', [other.eventId]: 'expunged', nobody: 'not-found' });
        const list = await svix.message.list(app.id, { withContent: true });
        assert.deepEqual(list.data.map(({ payload }) => payload), [{ expired: true }, { expired: true }]);
    }
    const idle = (await svix.application.list({ excludeAppsWithNoEndpoints: true, order: 'descending' })).data;
    assert.equal(idle[0].id, app.id);
});

test('the same Idempotency-Key makes one message', async () => {
    const app = await newApp();
    await newEndpoint(app, '/once');
    const idempotencyKey = unique('key');
    const create = () => svix.message.create(app.id, { eventType: 'a.b', payload: { once: true } }, { idempotencyKey });
    const made = await Promise.all([create(), create(), create()]);
    made.push(await create());
    assert.equal(new Set(made.map(({ id }) => id)).size, 1);
    await svix.message.create(app.id, { eventType: 'a.b', payload: { once: false } });
    const came = (await receiver.arrived('/once', 2)).map(({ body }) => body);
    assert.equal(came.length, 2);
    assert.equal((await svix.message.list(app.id)).data.length, 2);
});

test('attempts, stats, resend and recover', async () => {
    const app = await newApp();
    const endpoint = await newEndpoint(app, '/flaky');
    let broken = true;
    receiver.answer = ({ path }) => (path === '/flaky' && broken ? { status: 503, body: 'not now' } : { status: 200, body: 'ok' });
    const started = new Date(Date.now() - 60_000);
    const message = await svix.message.create(app.id, { eventType: 'a.b', payload: { n: 1 } });
    const failed = await eventually('a failed attempt', async () => {
        const attempts = await svix.messageAttempt.listByMsg(app.id, message.id, { withContent: true });
        return attempts.data.find(({ status }) => status === 2);
    });
    assert.match(failed.id, /^atmpt_/);
    assert.deepEqual([failed.responseStatusCode, failed.response, failed.triggerType], [503, 'not now', 0]);
    assert.deepEqual([failed.endpointId, failed.msgId, failed.url], [endpoint.id, message.id, receiver.url('/flaky')]);
    assert.equal((await svix.messageAttempt.get(app.id, message.id, failed.id)).id, failed.id);
    const attempted = await svix.messageAttempt.listAttemptedDestinations(app.id, message.id);
    assert.deepEqual(attempted.data.map(({ id, status }) => [id, status]), [[endpoint.id, 3]], 'a retry is planned');

    broken = false;
    await svix.messageAttempt.resend(app.id, message.id, endpoint.id);
    const manual = await eventually('a manual attempt', async () => {
        const attempts = await svix.messageAttempt.listByEndpoint(app.id, endpoint.id);
        return attempts.data.find(({ triggerType }) => triggerType === 1);
    });
    assert.equal(manual.status, 0);
    const sent = await svix.messageAttempt.listAttemptedMessages(app.id, endpoint.id);
    assert.deepEqual(sent.data.map(({ id, status }) => [id, status]), [[message.id, 0]]);
    const stats = await svix.endpoint.getStats(app.id, endpoint.id);
    assert.deepEqual([stats.success, stats.fail], [1, 1]);

    const task = await svix.endpoint.recover(app.id, endpoint.id, { since: started });
    assert.match(task.id, /^qtask_/);
    assert.deepEqual([task.task, task.status], ['endpoint.recover', 'running']);
    if (svix.backgroundTask)
        await eventually('the end of the recovery', async () => (await svix.backgroundTask.get(task.id)).status === 'finished');
    receiver.answer = () => ({ status: 200, body: 'ok' });
});

test('the portal gives a link and a token for this application only', async () => {
    const app = await newApp();
    const other = await newApp();
    const access = await svix.authentication.appPortalAccess(app.id, {});
    assert.ok(access.url.startsWith('http'));
    const customer = new Svix(access.token, { serverUrl });
    assert.equal((await customer.application.get(app.id)).id, app.id);
    assert.equal((await customer.endpoint.list(app.id)).data.length, 0);
    await refused(customer.application.get(other.id), 404);
    await refused(customer.application.list(), 403);
    await refused(customer.message.create(app.id, { eventType: 'a.b', payload: {} }), 403);
});

test('tokens of the portal are limited, and taken back', async () => {
    const app = await newApp();
    const endpoint = await newEndpoint(app, '/portal');
    const customer = async (limits) => {
        const { token } = await svix.authentication.appPortalAccess(app.id, limits);
        return new Svix(token, { serverUrl });
    };
    const viewer = await customer({ readOnly: true, sessionId: 'view' });
    await refused(viewer.endpoint.patch(app.id, endpoint.id, { description: 'no' }), 403);
    await refused(viewer.endpoint.getSecret(app.id, endpoint.id), 403);
    const keeper = await customer({ capabilities: ['ViewBase', 'ManageEndpointSecret'] });
    await keeper.endpoint.rotateSecret(app.id, endpoint.id, {});
    assert.ok((await keeper.endpoint.getSecret(app.id, endpoint.id)).key);
    await refused(keeper.endpoint.delete(app.id, endpoint.id), 403);
    await svix.authentication.expireAll(app.id, { sessionIds: ['view'] });
    await refused(viewer.application.get(app.id), 401);
    await keeper.authentication.logout();
    await refused(keeper.application.get(app.id), 401);
    assert.equal((await (await customer({})).application.get(app.id)).id, app.id);
});

test('a message that is to be delivered later says so, and waits', async () => {
    const app = await newApp();
    await newEndpoint(app, '/later');
    const deliverAt = new Date(Date.now() + 3_600_000);
    const later = await svix.message.create(app.id, { eventType: 'a.b', payload: { n: 1 }, deliverAt });
    assert.equal(later.deliverAt?.getTime(), deliverAt.getTime());
    await svix.message.create(app.id, { eventType: 'a.b', payload: { n: 2 } });
    const [first] = await receiver.arrived('/later', 1);
    assert.equal(JSON.parse(first.body).n, 2);
    const { data } = await svix.messageAttempt.listAttemptedDestinations(app.id, later.id);
    assert.deepEqual(data.map(({ nextAttempt }) => nextAttempt?.getTime()), [deliverAt.getTime()]);
});

test('refusals reach the SDK as errors it can read', async () => {
    await refused(new Svix('no.such.token', { serverUrl }).application.list(), 401);
    const app = await newApp();
    await refused(svix.application.list({ limit: 300 }), 422);
    await refused(svix.application.list({ iterator: 'app_broken' }), 422);
    await refused(svix.endpoint.create(app.id, { url: 'no url' }), 422);
    await refused(svix.endpoint.get(app.id, 'ep_1srOrx2ZWZBpBUvZwXKQmoEYga2'), 404);
    await refused(svix.message.create(app.id, { eventType: 'not a name!', payload: {} }), 422);
});
