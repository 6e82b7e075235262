// What the browser tests share: the real server as a process, a receiver, and Debian's Chromium, in which each page is watched.
//
// Everything is on loopback and in temporary folders. The server's binary comes from POSTHASTE_BINARY (ctest sets it). With
// POSTHASTE_SHOTS=folder every page that a test opened is left there as a picture.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { Receiver } from '../node/receiver.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BINARY = process.env.POSTHASTE_BINARY ?? join(ROOT, 'build/release/posthaste');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

// No sandbox, because tests may run as root; and a browser that asks nobody for anything by itself.
const FLAGS = ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update',
    '--disable-sync', '--no-first-run'];

// Widths of a desktop and of a tablet.
export const WIDTHS = [1280, 768];

// ---- the server

async function freePort() {
    const probe = net.createServer();
    await new Promise((ready) => probe.listen(0, '127.0.0.1', ready));
    const { port } = probe.address();
    await new Promise((closed) => probe.close(closed));
    return port;
}

// `posthaste serve` on a data folder of its own.
class Server {
    async start(args = ['--auth', 'open']) {
        this.folder = mkdtempSync(join(tmpdir(), 'posthaste-browser-'));
        const port = await freePort();
        this.url = `http://127.0.0.1:${port}`;
        const log = openSync(this.logPath(), 'a');
        this.process = spawn(
            BINARY,
            ['serve', '--listen', `127.0.0.1:${port}`, '--database', `sqlite:${this.folder}/data`,
                '--allow-net', '127.0.0.0/8', ...args],
            { cwd: this.folder, stdio: ['ignore', log, log] },
        );
        this.ended = new Promise((resolve) => this.process.once('close', resolve));
        await this.untilHealthy();
    }
    logPath() {
        return join(this.folder, 'server.log');
    }
    log() {
        return readFileSync(this.logPath(), 'utf8');
    }
    async untilHealthy() {
        const late = Date.now() + 20_000;
        while (!(await isHealthy(this.url))) {
            if (this.process.exitCode !== null || Date.now() > late)
                throw new Error(`the server did not start:\n${this.log()}`);
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
    }
    async stop() {
        this.process.kill('SIGTERM');
        await this.ended;
        rmSync(this.folder, { recursive: true });
    }
}

const isHealthy = (url) =>
    new Promise((resolve) => {
        http.get(`${url}/health`, (response) => resolve(response.resume().statusCode === 200)).on('error', () => resolve(false));
    });

// ---- the browser

// A page, and what went wrong in it: errors in the console, exceptions, breaches of the Content-Security-Policy, requests that
// failed, and requests to anybody but our server.
class WatchedPage {
    constructor(page, origin) {
        this.page = page;
        this.complaints = [];
        const complain = (text) => this.complaints.push(text);
        page.on('console', (message) => message.type() === 'error' && complain(`console: ${message.text()}`));
        page.on('pageerror', (error) => complain(`exception: ${error.stack}`));
        // What a page calls off itself, such as a stream that it leaves, has not failed.
        page.on('requestfailed', (request) => {
            const reason = request.failure()?.errorText;
            if (reason !== 'net::ERR_ABORTED') complain(`failed: ${request.url()} ${reason}`);
        });
        page.on('request', (request) => {
            const { protocol, origin: asked } = new URL(request.url());
            if (!['data:', 'blob:'].includes(protocol) && asked !== origin) complain(`request to ${request.url()}`);
        });
    }
    async watchPolicy() {
        await this.page.exposeFunction('reportBreach', (text) => this.complaints.push(`policy: ${text}`));
        await this.page.addInitScript(() =>
            document.addEventListener('securitypolicyviolation', (breach) =>
                window.reportBreach(`${breach.effectiveDirective} forbids ${breach.blockedURI} (${breach.sourceFile})`)),
        );
    }
    assertClean(expected) {
        assert.deepEqual(this.complaints.filter((text) => !expected.some((pattern) => pattern.test(text))), []);
    }
}

class Browser {
    constructor(server) {
        this.server = server;
    }
    async start() {
        this.chromium = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    }
    stop() {
        return this.chromium.close();
    }
    // Opens an address of the server in a fresh profile, hands the page to `use`, and expects that nothing went wrong in it but what
    // `expected` names: browsers complain of every answer that is no success.
    async visit(address, { width = WIDTHS[0], name = address.replace(/\W+/g, '_'), expected = [] }, use) {
        const context = await this.chromium.newContext({ viewport: { width, height: 900 } });
        context.setDefaultTimeout(20_000);
        const page = await context.newPage();
        const watched = new WatchedPage(page, this.server.url);
        await watched.watchPolicy();
        try {
            await page.goto(this.server.url + address);
            await use(page);
            watched.assertClean(expected);
        } catch (error) {
            error.message += `\nin the page: ${watched.complaints.join('\n') || 'no complaints'}`;
            throw error;
        } finally {
            const folder = process.env.POSTHASTE_SHOTS;
            if (folder) await page.screenshot({ path: join(folder, `${name}-${width}.png`) });
            await context.close();
        }
    }
}

// One server, receiver and browser for all tests of a file.
export function startWorld(args) {
    const server = new Server();
    const receiver = new Receiver();
    const browser = new Browser(server);
    before(async () => {
        await Promise.all([server.start(args), receiver.start(), browser.start()]);
    });
    after(async () => {
        receiver.stop();
        await Promise.all([server.stop(), browser.stop()]);
    });
    return { server, receiver, browser };
}
