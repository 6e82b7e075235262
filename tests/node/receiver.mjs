// A receiver of webhooks on loopback that keeps what came and answers what it is told.

import http from 'node:http';

export class Receiver {
    constructor() {
        this.deliveries = [];
        this.answer = () => ({ status: 200, body: 'ok' });
        this.waiting = [];
        this.server = http.createServer((request, response) => {
            const parts = [];
            request.on('data', (part) => parts.push(part));
            request.on('end', () => {
                const delivery = { path: request.url, headers: request.headers, body: Buffer.concat(parts).toString() };
                this.deliveries.push(delivery);
                const { status, body, headers } = this.answer(delivery);
                response.writeHead(status, headers).end(body ?? '');
                this.waiting = this.waiting.filter((check) => !check());
            });
        });
    }
    async start() {
        await new Promise((ready) => this.server.listen(0, '127.0.0.1', ready));
    }
    stop() {
        this.server.closeAllConnections();
        this.server.close();
    }
    url(path) {
        return `http://127.0.0.1:${this.server.address().port}${path}`;
    }
    at(path) {
        return this.deliveries.filter((delivery) => delivery.path === path);
    }
    // Resolves once `count` deliveries came to the path.
    arrived(path, count) {
        return new Promise((resolve, reject) => {
            const late = setTimeout(() => reject(new Error(`${this.at(path).length} of ${count} came to ${path}`)), 20_000);
            const check = () => {
                if (this.at(path).length < count) return false;
                clearTimeout(late);
                resolve(this.at(path));
                return true;
            };
            if (!check()) this.waiting.push(check);
        });
    }
}
