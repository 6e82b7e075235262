// The dashboard with logins: the first owner, users and what their roles may, API keys, sessions, the audit log.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { client, codeOf, field, fillDialog, NOBODY, openPage, OWNER, PATIENCE, row, setUp, signIn } from './dashboard.mjs';
import { startWorld } from './harness.mjs';

const { server, browser } = startWorld(['--auth', 'required']);
const VIEWER = { email: 'bob@example.com', password: 'a first password' };

test('S2-45: the first owner is made with the token of the log, and makes a user', async () => {
    await browser.visit('/dashboard/setup', { name: 'dashboard_setup' }, async (page) => {
        await setUp(page, server);
        await openPage(page, 'Users');
        await page.getByRole('button', { name: 'New user' }).click();
        await fillDialog(page, 'New user', { 'E-mail address': VIEWER.email, Role: 'viewer', Password: VIEWER.password }, 'Create');
        await row(page, VIEWER.email).getByText('viewer').waitFor(PATIENCE);
        // Nobody changes themselves here.
        assert.ok(await row(page, OWNER.email).getByRole('button', { name: 'Remove' }).isDisabled());
    });
});

test('S2-45: a wrong password is told; the right one opens the page that was asked for', async () => {
    await browser.visit('/dashboard/api-keys', { name: 'dashboard_keys', expected: [NOBODY] }, async (page) => {
        await field(page, 'E-mail address').fill(OWNER.email);
        await field(page, 'Password').fill('not the password');
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.getByRole('alert').getByText('No user has this address and this password').waitFor(PATIENCE);
        await signIn(page, OWNER);
        await page.getByRole('heading', { name: 'API keys', level: 1 }).waitFor();

        await page.getByRole('button', { name: 'New API key' }).click();
        await fillDialog(page, 'New API key', { Name: 'the shop', Scope: 'read' }, 'Create');
        const key = await codeOf(page, 'API key');
        assert.match(key, /^phk_/);
        const whoami = await client(server, key)('GET', '/api/v1/account');
        assert.deepEqual(whoami.permissions, ['read']);
        await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
        assert.equal(await page.getByText(key).count(), 0, 'a key is shown once');

        await row(page, 'the shop').getByRole('button', { name: 'Revoke' }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
        await page.getByText('No API keys').waitFor();
        await assert.rejects(client(server, key)('GET', '/api/v1/account'), /401/);

        await openPage(page, 'Audit log');
        await row(page, 'key.create').first().getByText(OWNER.email).waitFor();
    });
});

test('S2-45: what a viewer may not do is not shown, or says why', async () => {
    await browser.visit('/dashboard/applications', { name: 'dashboard_viewer', expected: [NOBODY] }, async (page) => {
        await signIn(page, VIEWER);
        const create = page.getByRole('button', { name: 'New application' });
        assert.ok(await create.isDisabled());
        assert.match(await create.getAttribute('title'), /Only an admin/);
        assert.equal(await page.getByRole('link', { name: 'Users' }).count(), 0);

        await page.getByRole('link', { name: VIEWER.email }).click();
        await page.getByText('this one').waitFor();
        await field(page, 'Current password').fill(VIEWER.password);
        await field(page, 'New password').fill('a second password');
        await page.getByRole('button', { name: 'Change', exact: true }).click();
        await page.getByText('The password is changed').waitFor(PATIENCE);
        await page.getByRole('button', { name: 'Sign out', exact: true }).click();
        await signIn(page, { ...VIEWER, password: 'a second password' });
    });
});
