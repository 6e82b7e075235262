import { useSyncExternalStore } from 'react';
import { absolute, relative } from '../lib/time';

// One clock for all times on the page.
const TICK_MS = 1_000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
    if (listeners.size === 0)
        timer = setInterval(() => {
            now = Date.now();
            for (const tell of listeners) tell();
        }, TICK_MS);
    listeners.add(listener);
    return () => {
        listeners.delete(listener);
        if (listeners.size === 0) clearInterval(timer);
    };
}

interface Props {
    at: string | null | undefined;
    none?: string;
    // Shows the date as well, for pages about one thing.
    isLong?: boolean;
}

// A moment: how long ago, and on hover, or beside it, when exactly.
export function Time({ at, none = '–', isLong = false }: Props) {
    const text = useSyncExternalStore(subscribe, () => (at ? relative(at, now) : none));
    if (!at) return <span className="muted">{none}</span>;
    return (
        <time dateTime={at} title={absolute(at)} className="nowrap">
            {isLong ? `${absolute(at)} (${text})` : text}
        </time>
    );
}
