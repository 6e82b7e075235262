// The dashboard without logins: the first event, the list of deliveries as it lives, one delivery, trying again, filters, and what is
// shown when the server is away.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertFits, client, field, NOBODY, row } from './dashboard.mjs';
import { startWorld, WIDTHS } from './harness.mjs';

const { server, receiver, browser } = startWorld();

const LIST = '/dashboard/deliveries';
const colourOf = (badge) => badge.evaluate((element) => getComputedStyle(element).color);
const untilLive = (page) => page.getByText('Live', { exact: true }).waitFor();
const badge = (page, text, status) => row(page, text).locator(`[data-status=${status}]`);

// What waits for it goes on when it is opened.
class Gate {
    constructor() {
        this.opened = new Promise((resolve) => (this.open = resolve));
    }
}

// A mailbox of the name, whose target is the receiver's path of that name.
async function mailbox(name, settings = {}) {
    const call = client(server);
    const made = await call('POST', '/api/mailboxes', { name, target_url: receiver.url(`/${name}`), ...settings });
    const handIn = async (event) => {
        const response = await fetch(`${server.url}/webhooks/${made.id}`, {
            method: 'POST', headers: { 'x-api-key': made.api_key, 'content-type': 'application/json' }, body: JSON.stringify(event),
        });
        assert.equal(response.status, 200);
    };
    return { ...made, handIn };
}

const isBroken = new Set(['/failing', '/waiting', '/retried']);
before(() => {
    const headers = ['X-Served-By', 'kitchen', 'X-Served-By', 'waiter', 'Set-Cookie', 'table=4'];
    receiver.answer = ({ path }) => (isBroken.has(path) ? { status: 503, body: 'closed for lunch' } : { status: 200, body: 'thanks', headers });
});

test('S2-22: an empty server explains the first steps, and a test event is delivered from the page', async () => {
    await browser.visit('/', { name: 'dashboard_first_steps', expected: [NOBODY] }, async (page) => {
        await untilLive(page);
        await page.getByText('Your first delivery, in three steps').waitFor();
        await page.getByRole('button', { name: 'Send a test event' }).first().click();
        const dialog = page.getByRole('dialog', { name: 'Send a test event' });
        await field(dialog, 'URL').fill(receiver.url('/first'));
        await dialog.getByRole('button', { name: 'Send', exact: true }).click();
        await badge(page, 'test.event', 'delivered').waitFor();
        const [delivery] = await receiver.arrived('/first', 1);
        assert.deepEqual(JSON.parse(delivery.body), { event: 'test.event', data: { hello: 'world' } });
    });
});

test('S2-15…S2-18, S2-22: deliveries appear by themselves, with name, URL, status, attempts', async () => {
    const good = await mailbox('taking');
    const failing = await mailbox('failing', { max_attempts: 3, retry_delays: [0.01] });
    const waiting = await mailbox('waiting', { retry_delays: [3600] });
    await browser.visit(LIST, { name: 'dashboard_live', expected: [NOBODY] }, async (page) => {
        await untilLive(page);
        await badge(page, 'test.event', 'delivered').waitFor();
        for (const { handIn } of [good, failing, waiting]) await handIn({ event: 'order.completed' });
        await badge(page, 'taking', 'delivered').waitFor();
        await badge(page, 'failing', 'failed').waitFor();
        await row(page, 'waiting').getByRole('cell', { name: '1', exact: true }).waitFor();
        await badge(page, 'waiting', 'pending').waitFor();

        await row(page, 'failing').getByText(receiver.url('/failing')).waitFor();
        await row(page, 'failing').getByRole('cell', { name: '3', exact: true }).waitFor();
        assert.equal(await page.getByRole('row').filter({ hasText: 'order.completed' }).count(), 3);

        const colours = await Promise.all([['taking', 'delivered'], ['failing', 'failed'], ['waiting', 'pending']].map(async ([name, status]) => {
            const element = badge(page, name, status);
            assert.equal(await element.evaluate((shown) => getComputedStyle(shown).fontWeight), '700');
            return colourOf(element);
        }));
        assert.deepEqual(colours, ['rgb(22, 117, 58)', 'rgb(201, 42, 42)', 'rgb(180, 83, 9)'], 'green, red, orange');
    });
});

test('S2-19: only failed ones have a button, which tries again', async () => {
    const retried = await mailbox('retried', { max_attempts: 1 });
    await retried.handIn({ event: 'order.retried' });
    await browser.visit(LIST, { name: 'dashboard_retry', expected: [NOBODY] }, async (page) => {
        await untilLive(page);
        await badge(page, 'order.retried', 'failed').waitFor();
        assert.equal(await row(page, 'taking').getByRole('button').count(), 0);

        isBroken.delete('/retried');
        const isSeen = new Gate();
        await page.route('**/resend', async (route) => {
            await isSeen.opened;
            await route.continue();
        });
        await row(page, 'order.retried').getByRole('button', { name: 'Retry' }).click();
        await row(page, 'order.retried').getByRole('button', { name: 'Retrying...' }).waitFor();
        isSeen.open();
        await badge(page, 'order.retried', 'delivered').waitFor();
        assert.equal(await row(page, 'order.retried').getByRole('button').count(), 0);
    });
});

test('S0-36, S2-51: a delivery shows its payload, and the headers and answers of every attempt', async () => {
    const signed = await mailbox('signed', { secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' });
    await signed.handIn({ event: 'order.signed', data: { amount: 49.9 } });
    const [sent] = await receiver.arrived('/signed', 1);
    await browser.visit(LIST, { name: 'dashboard_delivery', expected: [NOBODY] }, async (page) => {
        await untilLive(page);
        await badge(page, 'order.signed', 'delivered').waitFor();
        await row(page, 'order.signed').getByRole('link', { name: 'order.signed' }).click();
        await page.getByRole('heading', { name: 'order.signed', level: 1 }).waitFor();
        await page.getByText(sent.headers['webhook-signature'], { exact: true }).waitFor();
        await page.getByLabel('Response 200').getByText('thanks').waitFor();
        const answered = page.locator('section', { has: page.getByRole('heading', { name: 'Response headers' }) });
        for (const [name, values] of [['X-Served-By', ['kitchen', 'waiter']], ['Set-Cookie', ['***']]])
            assert.deepEqual(await answered.locator('div', { hasText: name }).locator('dd').allInnerTexts(), values);
        assert.deepEqual(JSON.parse(await page.getByLabel('Payload').innerText()), { event: 'order.signed', data: { amount: 49.9 } });

        // The address can be passed on.
        await page.reload();
        await page.getByText(sent.headers['webhook-id'], { exact: true }).first().waitFor();
    });
});

test('S2-51: filters, which are in the address', async () => {
    await browser.visit(`${LIST}?status=failed`, { name: 'dashboard_filters', expected: [NOBODY] }, async (page) => {
        await badge(page, 'failing', 'failed').waitFor();
        assert.equal(await page.locator('tbody [data-status]').count(), 1);
        await page.getByLabel('Status', { exact: true }).selectOption('delivered');
        await badge(page, 'taking', 'delivered').waitFor();
        await page.getByLabel('Search', { exact: true }).fill('signed');
        await row(page, 'taking').waitFor({ state: 'detached' });
        await badge(page, 'order.signed', 'delivered').waitFor();
        assert.match(page.url(), /search=signed/);
        await page.getByRole('button', { name: 'Clear' }).click();
        await badge(page, 'failing', 'failed').waitFor();
    });
});

test('S2-20: while it loads, and when the server is away', async () => {
    await browser.visit('/dashboard/setup', { name: 'dashboard_away', expected: [NOBODY, /ERR_FAILED/] }, async (page) => {
        const [isSeen, isClicked] = [new Gate(), new Gate()];
        let asked = 0;
        await page.route('**/api/v1/delivery?*', async (route) => {
            const isFirst = asked++ === 0;
            await (isFirst ? isSeen : isClicked).opened;
            await (isFirst ? route.abort() : route.continue());
        });
        await page.goto(server.url + LIST);
        await page.getByText('Loading webhook events...').waitFor();
        isSeen.open();
        assert.equal(await colourOf(page.getByText('The server cannot be reached')), 'rgb(201, 42, 42)');
        await page.getByRole('button', { name: 'Try again' }).click();
        isClicked.open();
        await badge(page, 'taking', 'delivered').waitFor();
    });
});

for (const width of WIDTHS)
    test(`S2-21: pages fit, ${width} px`, async () => {
        for (const address of ['/dashboard', LIST, '/dashboard/endpoints', '/dashboard/dead-letters'])
            await browser.visit(address, { width, expected: [NOBODY] }, async (page) => {
                await page.getByRole('heading', { level: 1 }).waitFor();
                await untilLive(page);
                await assertFits(page);
            });
    });
