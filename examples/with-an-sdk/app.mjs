// What a program does that was written for Svix: nothing here names posthaste but the server's URL. The customer's receiver,
// which would be another program, is at the end.

import http from 'node:http';
import { webcrypto } from 'node:crypto';

globalThis.crypto ??= webcrypto; // Node 18 has it under another name
const { Svix, Webhook } = await import('svix');

const receiver = await startReceiver();
const svix = new Svix(process.env.POSTHASTE_TOKEN, { serverUrl: process.env.POSTHASTE_URL });

// An application is one of your customers. Creating it again gives the one there is.
const app = await svix.application.getOrCreate({ name: 'Example Inc.', uid: 'example' });
await svix.eventType.upsert('invoice.paid', { description: 'An invoice was paid' });
const endpoint = await svix.endpoint.create(app.id, { url: receiver.url, eventTypes: ['invoice.paid'] });
receiver.secret = (await svix.endpoint.getSecret(app.id, endpoint.id)).key;
console.log(`endpoint of ${app.uid}: ${endpoint.eventTypes}`);

// A request whose answer got lost is sent again under the same key, and is not a second message.
const invoice = `A-${Date.now()}`;
const message = { eventType: 'invoice.paid', payload: { invoice, amount: 120.5 } };
const sent = await svix.message.create(app.id, message, { idempotencyKey: `paid-${invoice}` });
const again = await svix.message.create(app.id, message, { idempotencyKey: `paid-${invoice}` });
console.log(`sent twice with one key: ${sent.id === again.id ? 'one message' : 'two messages'}`);

const { payload, id } = await receiver.delivery;
console.log(`received and verified: ${JSON.stringify(payload)}`);
console.log(`webhook-id is the message's id: ${id === sent.id}`);

const attempt = await firstAttempt(sent.id);
console.log(`attempt: ${attempt.statusText} ${attempt.responseStatusCode}`);

await svix.endpoint.delete(app.id, endpoint.id);
receiver.stop();

// The receiver knows of a delivery a moment before its attempt is recorded.
async function firstAttempt(messageId) {
    for (const late = Date.now() + 20_000; Date.now() < late; ) {
        const { data } = await svix.messageAttempt.listByMsg(app.id, messageId);
        if (data.length > 0) return data[0];
        await new Promise((next) => setTimeout(next, 50));
    }
    throw new Error('no attempt within 20 s');
}

// Verifies with the SDK; `delivery` resolves with the first one.
async function startReceiver() {
    const made = {};
    let arrived;
    made.delivery = new Promise((resolve) => (arrived = resolve));
    const server = http.createServer((request, response) => {
        const parts = [];
        request.on('data', (part) => parts.push(part));
        request.on('end', () => {
            const body = Buffer.concat(parts).toString();
            try {
                new Webhook(made.secret).verify(body, request.headers); // throws when it is not genuine
            } catch {
                return response.writeHead(401).end();
            }
            response.writeHead(204).end();
            arrived({ payload: JSON.parse(body), id: request.headers['webhook-id'] });
        });
    });
    await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
    made.url = `http://127.0.0.1:${server.address().port}/webhook`;
    made.stop = () => {
        server.closeAllConnections();
        server.close();
    };
    return made;
}
