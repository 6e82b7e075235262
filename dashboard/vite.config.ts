// Two pages: the dashboard, and the portal of one application's customer. What they share is loaded by both; each page of the
// dashboard is a file of its own, which is loaded when it is opened.

import { defineConfig } from 'vite';
import { licences } from './licences';

const SERVER = process.env.POSTHASTE_URL ?? 'http://localhost:8000';

// What the server answers itself while the pages come from Vite.
const PROXIED = ['/api', '/subscriptions', '/webhooks', '/status', '/health', '/docs', '/redoc', '/openapi.json', '/metrics'];

// The server sends its pages for these, too.
const asServed = (path: string) =>
    /^\/(app-)?portal(\/|\?|$)/.test(path) ? '/portal.html' : /^\/dashboard(\/|\?|$)/.test(path) ? '/index.html' : path;

export default defineConfig({
    esbuild: { jsx: 'automatic' },
    server: { port: 5173, strictPort: true, proxy: Object.fromEntries(PROXIED.map((path) => [path, { target: SERVER }])) },
    plugins: [
        licences(),
        {
            name: 'served-paths',
            configureServer: (server) => {
                server.middlewares.use((request, _response, next) => {
                    request.url = asServed(request.url ?? '/');
                    next();
                });
            },
        },
    ],
    build: {
        target: 'es2022',
        assetsInlineLimit: 0, // the policy lets no data: URL in but images
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
        rollupOptions: {
            input: ['index.html', 'portal.html'],
            // Marks for servers that render React, which this is not.
            onwarn: (warning, warn) => warning.code !== 'MODULE_LEVEL_DIRECTIVE' && warn(warning),
        },
    },
});
