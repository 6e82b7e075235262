// What the overview's charts show of the minutes that the server counted. Pure.

import type { Minute } from '../api/types';

export interface MinuteSeries {
    times: number[];
    delivered: number[];
    failed: number[];
    accepted: number[];
    p50: (number | null)[];
    p95: (number | null)[];
}

export const seriesOf = (minutes: readonly Minute[]): MinuteSeries => ({
    times: minutes.map(({ at }) => Date.parse(at) / 1000),
    accepted: minutes.map(({ accepted }) => accepted),
    delivered: minutes.map(({ delivered }) => delivered),
    failed: minutes.map(({ failedAttempts }) => failedAttempts),
    p50: minutes.map(({ p50Ms }) => p50Ms),
    p95: minutes.map(({ p95Ms }) => p95Ms),
});

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

export const describe = (series: MinuteSeries): string =>
    `The last ${series.times.length} minutes: ${sum(series.accepted)} accepted, ${sum(series.delivered)} delivered, ${sum(series.failed)} failed attempts.`;

// Of the newest minute in which there was something to measure.
export const newest = (values: readonly (number | null)[]): number | null => [...values].reverse().find((value) => value !== null) ?? null;
