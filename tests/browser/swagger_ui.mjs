// Swagger UI as its user sees it: operations to open, fill in and execute, and Authorize.

import assert from 'node:assert/strict';

export class SwaggerUi {
    constructor(page) {
        this.page = page;
    }

    // `tag` and `operationId` are those of the address: #/subscriptions/create_subscription_subscriptions__post
    operation(tag, operationId) {
        return new Operation(this.page, this.page.locator(`[id="operations-${tag}-${operationId}"]`));
    }

    // Opens an operation, fills it in, and sends it.
    async send([tag, operationId], request) {
        const operation = this.operation(tag, operationId);
        await operation.open();
        return operation.tryOut(request);
    }

    // Signs in with a password, as the button at the top offers it.
    async authorize(username, password) {
        await this.page.getByRole('button', { name: 'Authorize', exact: true }).click();
        const form = this.page.locator('.auth-container', { hasText: 'OAuth2PasswordBearer' });
        await form.getByLabel('username:').fill(username);
        await form.getByLabel('password:').fill(password);
        await form.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click();
        await form.getByRole('button', { name: 'Remove authorization' }).waitFor();
        await form.getByRole('button', { name: 'Close' }).click();
    }
}

class Operation {
    constructor(page, block) {
        this.page = page;
        this.block = block;
    }

    async open() {
        await this.block.locator('.opblock-summary-control').click();
        await this.expectOpen();
    }

    async expectOpen() {
        await this.block.locator('.opblock-body').waitFor();
    }

    // Fills in the form, sends it, and returns the answer: what the server sent, after the page has shown its status.
    async tryOut({ parameters = {}, body } = {}) {
        await this.block.getByRole('button', { name: 'Try it out' }).click();
        for (const [name, value] of Object.entries(parameters))
            await this.block.locator(`tr[data-param-name="${name}"] input`).fill(value);
        if (body) await this.block.locator('textarea.body-param__text').fill(JSON.stringify(body));
        const answered = this.page.waitForResponse((response) => !response.url().includes('/assets/'));
        await this.block.getByRole('button', { name: 'Execute' }).click();
        const response = await answered;
        const shown = this.block.locator('.live-responses-table .response-col_status').last();
        assert.match(await shown.innerText(), new RegExp(`^${response.status()}`));
        return { status: response.status(), body: await response.json() };
    }
}
