// The pages that describe the APIs: /docs (Swagger UI) and /redoc (ReDoc), under their Content-Security-Policy and from this
// server alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWorld, WIDTHS } from './harness.mjs';
import { SwaggerUi } from './swagger_ui.mjs';

const { server, receiver, browser } = startWorld();

const CREATE = ['subscriptions', 'create_subscription_subscriptions__post'];
const INGEST = ['webhooks', 'ingest_webhook_webhooks_ingest__subscription_id__post'];
const STATUS = ['status', 'delivery_status_status_delivery__delivery_id__get'];

async function described() {
    const response = await fetch(`${server.url}/openapi.json`);
    const { tags, paths } = await response.json();
    return {
        tags: tags.map(({ name }) => name),
        operationIds: Object.values(paths).flatMap((item) => Object.values(item).flatMap(({ operationId }) => operationId ?? [])),
    };
}

const fitsIn = (page) => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);

for (const width of WIDTHS) {
    test(`S1-08, S2-27: /docs shows every tag and operation, ${width} px`, async () => {
        await browser.visit('/docs', { width }, async (page) => {
            await page.getByRole('heading', { name: /^posthaste/ }).waitFor();
            await page.getByText('Create a subscription').waitFor();
            const { tags, operationIds } = await described();
            const shown = await page.locator('.opblock-tag').evaluateAll((all) => all.map((tag) => tag.dataset.tag));
            assert.deepEqual(shown, tags);
            // All at once: what is rendered only where one scrolls to cannot be searched for.
            assert.equal(await page.locator('.opblock').count(), operationIds.length);
            assert.ok(await fitsIn(page), 'the page is wider than its window');
        });
    });

    test(`S2-27: /redoc shows a menu, and the search finds, ${width} px`, async () => {
        await browser.visit('/redoc', { width }, async (page) => {
            await page.getByRole('heading', { name: /^posthaste/ }).waitFor();
            const menu = page.locator('.menu-content');
            if (!(await menu.isVisible())) await page.locator('.menu-content + div').click(); // the button of narrow windows
            for (const group of ['Subscriptions API', 'Contacts API', 'Native API', 'Server']) await menu.getByText(group, { exact: true }).waitFor();
            for (const tag of (await described()).tags) await menu.getByText(tag, { exact: true }).waitFor();
            await menu.getByPlaceholder('Search...').fill('accept event');
            await menu.locator('[data-role="search:results"]').getByText('Accept an event for delivery').waitFor();
        });
    });
}

test('S3-18: a deep link opens its operation', async () => {
    await browser.visit(`/docs#/${CREATE.join('/')}`, { name: 'deep_link' }, async (page) => {
        const ui = new SwaggerUi(page);
        await ui.operation(...CREATE).expectOpen();
        assert.equal(await page.locator('.opblock-body').count(), 1);
    });
});

test('S3-17: /doc leads to /docs, with what follows the #', async () => {
    await browser.visit(`/doc#/${CREATE.join('/')}`, { name: 'doc' }, async (page) => {
        await new SwaggerUi(page).operation(...CREATE).expectOpen();
        assert.equal(page.url(), `${server.url}/docs#/${CREATE.join('/')}`);
    });
});

for (const width of WIDTHS) {
    test(`S1-08: try-it-out makes a subscription and delivers an event, ${width} px`, async () => {
        const path = `/try-it-out-${width}`;
        await browser.visit('/docs', { width, name: 'try_it_out' }, async (page) => {
            const ui = new SwaggerUi(page);
            const created = await ui.send(CREATE, { body: { target_url: receiver.url(path), secret: 'my_secret_key' } });
            assert.equal(created.status, 200);

            const event = { event: 'user.created', data: { id: 123 } };
            const accepted = await ui.send(INGEST, { parameters: { subscription_id: created.body.id }, body: event });
            assert.equal(accepted.status, 202);
            const [delivery] = await receiver.arrived(path, 1);
            assert.deepEqual(JSON.parse(delivery.body), event);
            assert.equal(delivery.headers['x-webhook-delivery-id'], accepted.body.delivery_id);

            const attempts = await ui.send(STATUS, { parameters: { delivery_id: accepted.body.delivery_id } });
            assert.equal(attempts.status, 200);
        });
    });
}
