// A webhook receiver: verifies, then works, once. Node's own modules only.
//
//   WEBHOOK_SECRET=whsec_... node receiver.mjs --port 9000
//
// Copy verify(). It takes the bytes as they came: parsing and writing JSON again changes them, and with them the signature.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

const tolerance = 5 * 60; // seconds, in both directions: an old request cannot be sent again, a clock may be a little wrong
const bodyMax = 8 << 20; // bytes, the sender's own limit
const rememberedMax = 100_000; // ids

// What signs: the base64 behind whsec_, or any other text as it is.
function keyOf(secret = '') {
    const isEncoded = secret.startsWith('whsec_');
    const text = isEncoded ? secret.slice('whsec_'.length) : secret;
    const key = Buffer.from(text, isEncoded ? 'base64' : 'utf8');
    if (key.length === 0) throw new Error('without a secret everyone could sign');
    if (isEncoded && key.toString('base64') !== text) throw new Error('there must be base64 behind whsec_'); // some was skipped
    return key;
}

function isEqual(one, other) {
    const [a, b] = [Buffer.from(one, 'latin1'), Buffer.from(other, 'latin1')];
    return a.length === b.length && timingSafeEqual(a, b); // takes as long for a near miss
}

// Why the request is not genuine (Standard Webhooks), or nothing when it is. `headers` as node:http gives them, `body` a Buffer.
function verify(key, headers, body, now) {
    const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) => headers[`webhook-${name}`] ?? '');
    if (!id || !signatures) return 'not signed';
    if (!/^[0-9]{1,12}$/.test(timestamp)) return 'no timestamp';
    if (Math.abs(now - Number(timestamp)) > tolerance) return 'not from now';
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`, 'latin1').update(body).digest('base64');
    // One entry per valid secret: two while the sender rotates them.
    const isGenuine = signatures.split(' ').some((entry) => {
        const [version, signature] = entry.split(',', 2);
        return version === 'v1' && isEqual(signature ?? '', expected);
    });
    return isGenuine ? undefined : 'signature does not match';
}

// The ids that were here. This memory ends with the process: keep it where the work's results are, and write both in one
// transaction, as receiver.py does.
const seen = new Set();

function isNew(id) {
    if (seen.has(id)) return false;
    if (seen.size >= rememberedMax) seen.delete(seen.values().next().value); // the oldest
    seen.add(id);
    return true;
}

// Its own function, so that each way out is one line: [status, what is logged].
function handle(key, headers, body) {
    const reason = verify(key, headers, body, Date.now() / 1000);
    if (reason) return [401, { result: 'refused', reason }];
    let payload;
    try {
        payload = JSON.parse(body.toString('utf8'));
    } catch {
        return [400, { result: 'refused', reason: 'not JSON' }];
    }
    const id = headers['webhook-id'];
    // A repeat is a success, too: the sender only has not heard of it.
    return [200, { result: isNew(id) ? 'accepted' : 'repeated', id, payload }];
}

function serve(key, port) {
    const server = createServer((request, response) => {
        const parts = [];
        let size = 0;
        const answer = (status, line) => {
            console.log(JSON.stringify(line));
            response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify({ result: line.result }));
        };
        request.on('data', (part) => {
            size += part.length;
            if (size <= bodyMax) parts.push(part);
        });
        request.on('end', () => {
            if (request.method !== 'POST') return answer(405, { result: 'refused', reason: 'not a POST' });
            if (size > bodyMax) return answer(413, { result: 'refused', reason: 'too large' });
            answer(...handle(key, request.headers, Buffer.concat(parts)));
        });
    });
    server.listen(port, '127.0.0.1', () => console.error(`listening on http://127.0.0.1:${server.address().port}`));
}

const { port } = parseArgs({ options: { port: { type: 'string', default: '9000' } } }).values;
try {
    serve(keyOf(process.env.WEBHOOK_SECRET), Number(port));
} catch (error) {
    console.error(`WEBHOOK_SECRET: ${error.message}`);
    process.exitCode = 1;
}
