// Times as people read them. Pure: `now` is an argument.

const STEPS: [limit: number, seconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
    [60, 1, 'second'],
    [3_600, 60, 'minute'],
    [86_400, 3_600, 'hour'],
    [30 * 86_400, 86_400, 'day'],
    [365 * 86_400, 30 * 86_400, 'month'],
    [Infinity, 365 * 86_400, 'year'],
];

const relativeFormat = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' });

// "3 min. ago", "in 5 hr.", "just now".
export function relative(time: string, now: number): string {
    const seconds = (Date.parse(time) - now) / 1000;
    if (Math.abs(seconds) < 2) return 'just now';
    const [, size, unit] = STEPS.find(([limit]) => Math.abs(seconds) < limit)!;
    return relativeFormat.format(Math.trunc(seconds / size), unit);
}

const absoluteFormat = new Intl.DateTimeFormat('en-GB', {
    year: 'numeric', month: 'short', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short',
});

// With the time zone: "28 Nov 2026, 21:45:52 UTC".
export const absolute = (time: string): string => absoluteFormat.format(new Date(time));

export function duration(ms: number): string {
    if (ms < 1_000) return `${Math.round(ms)} ms`;
    return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

// What <input type="datetime-local"> has is local time without a zone; the server wants RFC 3339. Empty stays empty.
export const fromLocalInput = (text: string): string | undefined => (text ? new Date(text).toISOString() : undefined);
