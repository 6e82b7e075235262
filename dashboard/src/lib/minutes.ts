// What the overview's charts show of the minutes that the server counted. Pure.

import type { Minute } from '../api/types';

export interface MinuteSeries {
    times: number[];
    delivered: (number | null)[];
    failed: (number | null)[];
    accepted: (number | null)[];
    p50: (number | null)[];
    p95: (number | null)[];
}

const SHOWN = 60;

// A whole hour, however short a time the server runs: of the minutes before its start nothing is known.
export function seriesOf(minutes: readonly Minute[]): MinuteSeries {
    const missing = minutes.length === 0 ? 0 : Math.max(SHOWN - minutes.length, 0);
    const filled = <Value>(values: Value[]): (Value | null)[] => [...Array<null>(missing).fill(null), ...values];
    const times = minutes.map(({ at }) => Date.parse(at) / 1000);
    return {
        times: [...Array.from({ length: missing }, (_, index) => (times[0] ?? 0) - 60 * (missing - index)), ...times],
        accepted: filled(minutes.map(({ accepted }) => accepted)),
        delivered: filled(minutes.map(({ delivered }) => delivered)),
        failed: filled(minutes.map(({ failedAttempts }) => failedAttempts)),
        p50: filled(minutes.map(({ p50Ms }) => p50Ms)),
        p95: filled(minutes.map(({ p95Ms }) => p95Ms)),
    };
}

const sum = (values: readonly (number | null)[]) => values.reduce<number>((total, value) => total + (value ?? 0), 0);

export const describe = (series: MinuteSeries): string =>
    `The last hour: ${sum(series.accepted)} accepted, ${sum(series.delivered)} delivered, ${sum(series.failed)} failed attempts.`;

// Of the newest minute in which there was something to measure.
export const newest = (values: readonly (number | null)[]): number | null => [...values].reverse().find((value) => value !== null) ?? null;
