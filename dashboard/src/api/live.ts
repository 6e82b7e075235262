// The live stream, GET /api/v1/live: one connection for all of a page, which comes back by itself and says when it is not there.

import { authorization, pathWith, type Query } from './client';
import { EventStreamParser, pauseBefore, type StreamEvent } from './sse';
import type { LiveAttempt, LiveMessage, Totals } from './types';

export type LiveState = 'connecting' | 'live' | 'waiting' | 'refused';

export type LiveEvent =
    | { kind: 'state'; state: LiveState }
    | { kind: 'message'; message: LiveMessage }
    | { kind: 'attempt'; attempt: LiveAttempt }
    | { kind: 'totals'; totals: Totals }
    | { kind: 'missed'; count: number };

type Listener = (event: LiveEvent) => void;

// The server sends something every 15 s; silence of this length is a connection that broke without saying so.
const SILENCE_MAX_MS = 45_000;

export class LiveStream {
    private readonly listeners = new Set<Listener>();
    private readonly query: Query;
    private state: LiveState = 'connecting';
    private stopping = new AbortController();
    private failures = 0;

    constructor(query: Query = {}) {
        this.query = query;
    }

    // Connects while there is a listener.
    subscribe(listener: Listener): () => void {
        this.listeners.add(listener);
        listener({ kind: 'state', state: this.state });
        if (this.listeners.size === 1) {
            this.stopping = new AbortController();
            void this.run(this.stopping.signal);
        }
        return () => {
            this.listeners.delete(listener);
            if (this.listeners.size === 0) this.stopping.abort();
        };
    }

    private tell(event: LiveEvent): void {
        for (const listener of this.listeners) listener(event);
    }

    private enter(state: LiveState): void {
        if (state === this.state) return;
        this.state = state;
        this.tell({ kind: 'state', state });
    }

    private async run(stop: AbortSignal): Promise<void> {
        this.failures = 0;
        while (!stop.aborted) {
            this.enter('connecting');
            const isRefused = await this.connect(stop);
            if (stop.aborted) return;
            this.enter(isRefused ? 'refused' : 'waiting');
            if (isRefused) return;
            await wait(pauseBefore(this.failures++, Math.random()), stop);
        }
    }

    // Reads until the connection ends. True: the server does not let us listen, so asking again is no use.
    private async connect(stop: AbortSignal): Promise<boolean> {
        const connection = new AbortController();
        const abort = () => connection.abort();
        stop.addEventListener('abort', abort);
        try {
            const response = await fetch(pathWith('/api/v1/live', this.query), {
                headers: { accept: 'text/event-stream', ...authorization() },
                signal: connection.signal,
            });
            if ([401, 403, 404].includes(response.status)) return true;
            if (response.ok && response.body) await this.read(response.body.getReader(), abort);
        } catch {
            // The connection broke: run() tries again.
        } finally {
            abort();
            stop.removeEventListener('abort', abort);
        }
        return false;
    }

    private async read(reader: ReadableStreamDefaultReader<Uint8Array>, abort: () => void): Promise<void> {
        const decoder = new TextDecoder();
        const parser = new EventStreamParser();
        for (;;) {
            const silence = setTimeout(abort, SILENCE_MAX_MS);
            const { done, value } = await reader.read().finally(() => clearTimeout(silence));
            if (done) return;
            for (const event of parser.push(decoder.decode(value, { stream: true }))) this.take(event);
        }
    }

    private take({ name, data }: StreamEvent): void {
        const value = JSON.parse(data);
        if (name === 'hello') {
            this.failures = 0;
            this.enter('live');
        } else if (name === 'message') this.tell({ kind: 'message', message: value });
        else if (name === 'attempt') this.tell({ kind: 'attempt', attempt: value });
        else if (name === 'totals') this.tell({ kind: 'totals', totals: value });
        else if (name === 'missed') this.tell({ kind: 'missed', count: value.count });
    }
}

function wait(ms: number, stop: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        stop.addEventListener('abort', () => {
            clearTimeout(timer);
            resolve();
        });
    });
}
