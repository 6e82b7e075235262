// The contacts API as its users know it: five steps in Swagger UI, from no user to a delivery at the receiver; and the links into
// the page that they have.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWorld, WIDTHS } from './harness.mjs';
import { SwaggerUi } from './swagger_ui.mjs';

const { receiver, browser } = startWorld();

const CREATE_USER = ['user', 'create_user_api_v1_users__post'];
const READ_USERS = ['user', 'read_users_api_v1_users__get'];
const CREATE_WEBHOOK = ['webhook', 'create_webhook_api_v1_webhooks_post'];
const CREATE_SUBSCRIBER = ['subscriber', 'create_subscriber_api_v1_subscribers_post'];

for (const [tag, id] of [CREATE_USER, READ_USERS, CREATE_WEBHOOK, CREATE_SUBSCRIBER])
    test(`S3-18: #/${tag}/${id} opens its operation`, async () => {
        await browser.visit(`/docs#/${tag}/${id}`, { name: id }, (page) =>
            new SwaggerUi(page).operation(tag, id).expectOpen());
    });

for (const width of WIDTHS)
    test(`S3-01…S3-07: user, Authorize, webhook, subscriber, delivery, ${width} px`, async () => {
        const path = `/contacts-${width}`;
        const credentials = { email: `owner-${width}@example.com`, password: 'correct horse battery' };
        await browser.visit('/docs', { width, name: 'five_steps' }, async (page) => {
            const ui = new SwaggerUi(page);
            const user = await ui.send(CREATE_USER, {
                body: { ...credentials, full_name: 'An Owner', is_active: true, is_superuser: false },
            });
            assert.equal(user.status, 200);

            await ui.authorize(credentials.email, credentials.password);

            const webhook = await ui.send(CREATE_WEBHOOK, {
                body: { url: receiver.url(path), events: ['subscriber.created'] },
            });
            assert.equal(webhook.status, 201);

            const subscriber = await ui.send(CREATE_SUBSCRIBER, {
                body: {
                    email: 'reader@example.com', first_name: 'A', last_name: 'Reader', tags: [], custom_fields: {},
                    status: 'active', user_id: user.body.id,
                },
            });
            assert.equal(subscriber.status, 201);

            const [delivery] = await receiver.arrived(path, 1);
            const envelope = JSON.parse(delivery.body);
            assert.equal(envelope.event_type, 'subscriber.created');
            assert.equal(envelope.data.subscriber.id, subscriber.body.id);
            assert.equal(envelope.data.subscriber.email, 'reader@example.com');
        });
    });
