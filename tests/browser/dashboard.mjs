// What the tests of the dashboard share: the ways to its pages that people take, by roles and labels.

import assert from 'node:assert/strict';

// A field by its label; that of a required one has a star.
export const field = (place, label) => place.getByLabel(new RegExp(`^${label}\\s*\\*?$`));

// Browsers complain of the answer to whoever asks who they are and is nobody.
export const NOBODY = /status of 401/;

// Passwords are made with the time that nobody else wants.
export const PATIENCE = { timeout: 120_000 };

export const OWNER = { email: 'ada@example.com', password: 'correct horse battery' };

// Makes the first owner with the token in the server's log, on the page for that.
export async function setUp(page, server) {
    const [, token] = server.log().match(/(setup_[\w-]+)/);
    await field(page, 'Token').fill(token);
    await field(page, 'Your name').fill('Ada Lovelace');
    await field(page, 'E-mail address').fill(OWNER.email);
    await field(page, 'Password').fill(OWNER.password);
    await page.getByRole('button', { name: 'Make the owner' }).click();
    await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor(PATIENCE);
}

export async function signIn(page, { email, password }) {
    await field(page, 'E-mail address').fill(email);
    await field(page, 'Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor(PATIENCE);
}

export const openPage = async (page, name) => {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true }).click();
    await page.getByRole('heading', { name, level: 1 }).waitFor();
};

export const row = (page, text) => page.getByRole('row').filter({ hasText: text });

// The dialog that is open: its fields by label, then the button.
export async function fillDialog(page, title, fields, button) {
    const dialog = page.getByRole('dialog', { name: title });
    for (const [label, value] of Object.entries(fields)) {
        const input = field(dialog, label);
        if ((await input.evaluate((element) => element.tagName)) === 'SELECT') await input.selectOption(value);
        else await input.fill(value);
    }
    await dialog.getByRole('button', { name: button, exact: true }).click();
}

export const codeOf = (page, label) => page.getByLabel(label, { exact: true }).innerText();

export async function assertFits(page) {
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'the page is wider than its window');
}

// The server's API, as a program with a key uses it.
export function client(server, key) {
    return async (method, path, body) => {
        const response = await fetch(server.url + path, {
            method,
            headers: { ...(key && { authorization: `Bearer ${key}` }), ...(body && { 'content-type': 'application/json' }) },
            body: body && JSON.stringify(body),
        });
        const text = await response.text();
        assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
        return text ? JSON.parse(text) : undefined;
    };
}
