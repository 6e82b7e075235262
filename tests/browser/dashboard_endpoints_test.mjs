// Endpoints in the dashboard, of several APIs: making, changing, pausing and deleting them, their history, and sending again.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { client, codeOf, fillDialog, NOBODY, openPage, OWNER, row, setUp, signIn } from './dashboard.mjs';
import { startWorld } from './harness.mjs';

const { server, receiver, browser } = startWorld(['--auth', 'required']);

// A key with which the tests ask the API what became of it.
let call;
let isBroken = true;
before(() => {
    receiver.answer = ({ path }) => ({ status: isBroken && path === '/broken' ? 503 : 200, body: 'ok' });
});

test('S2-50: a mailbox is made, changed, paused and deleted', async () => {
    await browser.visit('/dashboard/setup', { name: 'dashboard_mailbox' }, async (page) => {
        await setUp(page, server);
        await openPage(page, 'API keys');
        await page.getByRole('button', { name: 'New API key' }).click();
        await fillDialog(page, 'New API key', { Name: 'test', Scope: 'full' }, 'Create');
        call = client(server, await codeOf(page, 'API key'));
        await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();

        await openPage(page, 'Endpoints');
        await page.getByRole('button', { name: 'New mailbox' }).click();
        await fillDialog(page, 'New mailbox', { Name: 'Order Service', 'Target URL': receiver.url('/orders') }, 'Create');
        assert.match(await codeOf(page, 'Key'), /^\S{16,}$/);
        await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();

        await row(page, 'Order Service').getByRole('link').click();
        await page.getByRole('heading', { name: 'Order Service', level: 1 }).waitFor();
        await page.getByRole('button', { name: 'Change', exact: true }).click();
        await fillDialog(page, 'Change the mailbox', { Name: 'Orders', Attempts: '7' }, 'Save');
        await page.getByRole('heading', { name: 'Orders', level: 1 }).waitFor();
        const [changed] = await call('GET', '/api/mailboxes');
        assert.deepEqual([changed.name, changed.max_attempts], ['Orders', 7]);

        await page.getByRole('button', { name: 'Pause' }).click();
        await page.getByText('paused', { exact: true }).waitFor();
        assert.equal((await call('GET', `/api/mailboxes/${changed.id}`)).is_active, false);
        await page.getByRole('button', { name: 'Resume' }).click();
        await page.getByRole('button', { name: 'Pause' }).waitFor();

        await page.getByRole('button', { name: 'Delete' }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
        await page.getByRole('heading', { name: 'Endpoints', level: 1 }).waitFor();
        await row(page, 'Orders').waitFor({ state: 'detached' });
        assert.deepEqual(await call('GET', '/api/mailboxes'), []);
    });
});

test('S0-35, S0-37: an endpoint has its own history, and what failed is sent again with one click', async () => {
    const app = await call('POST', '/api/v1/app', { name: 'Example Inc.', uid: 'example' });
    const broken = await call('POST', '/api/v1/app/example/endpoint', { url: receiver.url('/broken'), description: 'Broken hooks' });
    await call('POST', '/api/v1/app/example/endpoint', { url: receiver.url('/other'), description: 'Other hooks' });
    await call('POST', '/api/v1/app/example/msg', { eventType: 'user.created', payload: { id: 7 } });
    await receiver.arrived('/broken', 1);
    await browser.visit(`/dashboard/endpoints/${broken.id}`, { name: 'dashboard_endpoint', expected: [NOBODY] }, async (page) => {
        await signIn(page, OWNER);
        await page.getByRole('heading', { name: 'Broken hooks', level: 1 }).waitFor();
        await row(page, 'user.created').locator('[data-status=pending]').waitFor();
        assert.equal(await page.getByRole('row').filter({ hasText: 'user.created' }).count(), 1, 'the other endpoint has its own page');

        isBroken = false;
        await page.getByRole('tab', { name: 'Send again' }).click();
        await page.getByRole('button', { name: 'Start' }).click();
        const progress = page.getByRole('region', { name: 'Progress' });
        await progress.getByText('finished').waitFor();
        await progress.getByText('Sent again').waitFor();
        await receiver.arrived('/broken', 2);
        await page.getByRole('tab', { name: 'Deliveries' }).click();
        await row(page, 'user.created').locator('[data-status=delivered]').waitFor();

        await page.getByRole('tab', { name: 'Secret' }).click();
        await page.getByRole('button', { name: 'Show the secret' }).click();
        const secret = await codeOf(page, 'Signing secret');
        assert.equal(secret, (await call('GET', `/api/v1/app/${app.id}/endpoint/${broken.id}/secret`)).key);

        await page.getByRole('tab', { name: 'Filter' }).click();
        await page.getByRole('textbox', { name: 'Filter' }).fill('{"data.amount": {"$gte": 100}}');
        await page.getByRole('button', { name: 'Try' }).click();
        await page.getByText('The endpoint would get it', { exact: true }).waitFor();
        await page.getByLabel('A sample payload').fill('{"data": {"amount": 1}}');
        await page.getByRole('button', { name: 'Try' }).click();
        await page.getByText('The endpoint would not get it').waitFor();
    });
});

test('the portal: a customer sees and changes what is theirs, as far as their link allows', async () => {
    await call('POST', '/api/v1/app', { name: 'Somebody else', uid: 'other' });
    const link = await call('POST', '/api/v1/auth/app-portal-access/example', {});
    await browser.visit(link.url.slice(new URL(link.url).origin.length), { name: 'portal' }, async (page) => {
        await row(page, 'Broken hooks').waitFor();
        assert.doesNotMatch(page.url(), /key=/, 'the token does not stay in the address');
        await page.getByRole('button', { name: 'New endpoint' }).click();
        await fillDialog(page, 'New endpoint', { URL: receiver.url('/mine'), Description: 'Mine' }, 'Create');
        await row(page, 'Mine').waitFor();
        await page.getByRole('link', { name: 'Deliveries' }).click();
        await row(page, 'Broken hooks').getByRole('link', { name: 'user.created' }).click();
        await page.getByLabel('Payload').getByText('"id": 7').waitFor();
        await page.getByRole('button', { name: 'Send again' }).click();
        await receiver.arrived('/broken', 3);
    });
    const reading = await call('POST', '/api/v1/auth/app-portal-access/example', { readOnly: true });
    await browser.visit(`/portal#key=${reading.token}`, { name: 'portal_read_only' }, async (page) => {
        await row(page, 'Mine').getByRole('link').click();
        await page.getByRole('tab', { name: 'Secret' }).click();
        for (const name of ['Pause', 'Change', 'Delete', 'Show the secret', 'Rotate…'])
            assert.ok(await page.getByRole('button', { name, exact: true }).isDisabled(), name);
    });
});
