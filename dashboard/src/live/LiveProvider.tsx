import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { type LiveEvent, type LiveState, LiveStream } from '../api/live';
import { refreshAtMost } from './refresh';

const StreamContext = createContext<LiveStream | null>(null);

export function useLiveEvents(listener: (event: LiveEvent) => void): void {
    const stream = useContext(StreamContext);
    useEffect(() => stream?.subscribe(listener), [stream, listener]);
}

const REFRESH_PAUSE_MS = 1_000;
// How often the lists ask while nobody tells them anything.
const POLL_MS = 10_000;

// One stream for the page. What it tells makes the lists ask again, at most once a second however much happens.
export function LiveProvider({ appId, children }: { appId?: string; children: ReactNode }) {
    const queries = useQueryClient();
    const stream = useMemo(() => new LiveStream(appId ? { appId } : {}), [appId]);
    useEffect(() => {
        const refresh = refreshAtMost(REFRESH_PAUSE_MS, () => {
            for (const key of ['deliveries', 'delivery', 'overview', 'endpoints']) void queries.invalidateQueries({ queryKey: [key] });
        });
        let isLive = false;
        const stop = stream.subscribe((event) => {
            if (event.kind === 'state') isLive = event.state === 'live';
            // Once it is there, what happened before was not told.
            if (isLive && event.kind !== 'totals') refresh.ask();
        });
        const poll = setInterval(() => !isLive && refresh.ask(), POLL_MS);
        return () => {
            stop();
            refresh.stop();
            clearInterval(poll);
        };
    }, [stream, queries]);
    return <StreamContext.Provider value={stream}>{children}</StreamContext.Provider>;
}

const WORDS: Record<LiveState, { text: string; title: string }> = {
    live: { text: 'Live', title: 'What happens appears here by itself.' },
    connecting: { text: 'Connecting…', title: 'Connecting to the live stream.' },
    waiting: { text: 'Not live', title: 'The live stream broke off. The page connects again by itself, and asks every 10 seconds until then.' },
    refused: { text: 'Not live', title: 'The server does not offer the live stream here. The page asks every 10 seconds.' },
};

export function LiveIndicator() {
    const [state, setState] = useState<LiveState>('connecting');
    const listener = useMemo(() => (event: LiveEvent) => event.kind === 'state' && setState(event.state), []);
    useLiveEvents(listener);
    return (
        <span className={`live live-${state}`} title={WORDS[state].title} role="status">
            {WORDS[state].text}
        </span>
    );
}
