import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { refreshAtMost } from '../live/refresh';
import { uuidOf } from './ids';
import { parseList, parseObject } from './json';
import { describe as describeMinutes, newest, seriesOf } from './minutes';
import { count, plural } from './numbers';
import { factsOf } from './tasks';
import { duration, fromLocalInput, relative } from './time';

const NOW = Date.parse('2026-01-02T03:04:05Z');

describe('relative', () => {
    it.each([
        ['2026-01-02T03:04:04Z', 'just now'],
        ['2026-01-02T03:04:06Z', 'just now'],
        ['2026-01-02T03:03:05.5Z', '59 sec. ago'],
        ['2026-01-02T03:02:04Z', '2 min. ago'],
        ['2026-01-02T08:04:05Z', 'in 5 hr.'],
        ['2025-12-30T03:04:05Z', '3 days ago'],
        ['2025-01-01T03:04:05Z', '1 yr. ago'],
    ])('%s', (time, text) => expect(relative(time, NOW)).toBe(text));
});

describe('duration', () => {
    it.each([[0, '0 ms'], [999, '999 ms'], [1_500, '1.5 s'], [61_000, '1 min 1 s']])('%i', (ms, text) => expect(duration(ms)).toBe(text));
});

describe('numbers', () => {
    it.each([[0, '0'], [99_999, '99,999'], [1_234_567, '1.2M']])('%i', (value, text) => expect(count(value)).toBe(text));
    it('knows one from many', () => {
        expect(plural(1, 'delivery', 'deliveries')).toBe('1 delivery');
        expect(plural(0, 'attempt')).toBe('0 attempts');
    });
});

describe('what forms hold', () => {
    it('parseList', () => {
        expect(parseList(' a, b\nc,,a ')).toEqual(['a', 'b', 'c']);
        expect(parseList(' , ')).toBeNull();
    });
    it('parseObject', () => {
        expect(parseObject('{"a": 1}')).toEqual({ a: 1 });
        expect(() => parseObject('{')).toThrow(/not JSON/);
        for (const text of ['[]', 'null', '1', '"a"']) expect(() => parseObject(text)).toThrow(/object is needed/);
    });
    it('fromLocalInput', () => {
        expect(fromLocalInput('')).toBeUndefined();
        expect(fromLocalInput('2026-01-02T03:04')).toBe(new Date(2026, 0, 2, 3, 4).toISOString());
    });
});

describe('uuidOf', () => {
    it.each([
        ['ep_000000000000000000000000000', '00000000-0000-0000-0000-000000000000'],
        ['ep_000000000000000000000000010', '00000000-0000-0000-0000-00000000003e'],
        ['ep_000007n42DGM5Tflk9n8mt7Fhc7', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
    ])('%s', (id, uuid) => expect(uuidOf(id)).toBe(uuid));
});

describe('minutes', () => {
    const minute = { at: '2026-01-02T03:04:00Z', accepted: 3, delivered: 2, failedAttempts: 1, dead: 0, p50Ms: 5, p95Ms: 9 };
    const series = seriesOf([minute, { ...minute, at: '2026-01-02T03:05:00Z', p50Ms: null, p95Ms: null }]);
    it('are columns of a whole hour', () => {
        expect(series.times).toHaveLength(60);
        expect(series.times.slice(-3)).toEqual([1767322980, 1767323040, 1767323100]);
        expect(series.delivered.slice(-3)).toEqual([null, 2, 2]);
        expect(series.p50.slice(-3)).toEqual([null, 5, null]);
        expect(seriesOf([]).times).toEqual([]);
        const long = Array.from({ length: 61 }, (_, i) => ({ ...minute, at: new Date(1767323040000 + i * 60_000).toISOString() }));
        expect(seriesOf(long).accepted).toHaveLength(61);
    });
    it('are described', () => expect(describeMinutes(series)).toBe('The last hour: 6 accepted, 4 delivered, 2 failed attempts.'));
    it('the newest with a value', () => {
        expect(newest(series.p95)).toBe(9);
        expect(newest([null])).toBeNull();
    });
});

describe('factsOf', () => {
    it('says what is known', () =>
        expect(factsOf({ messagesSent: 10_000, isCapped: true, other: 1 })).toEqual([['Sent again', '10,000'], ['Note', 'There is more: start it once more.']]));
});

describe('refreshAtMost', () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    it('runs at once and a pause later, however often it is asked', () => {
        const run = vi.fn();
        const refresh = refreshAtMost(1_000, run);
        const timesAfter = (ms: number) => {
            vi.advanceTimersByTime(ms);
            return run.mock.calls.length;
        };
        refresh.ask();
        expect(timesAfter(999)).toBe(1);
        expect(timesAfter(10_000)).toBe(2);
        for (let i = 0; i < 10; ++i) refresh.ask();
        expect(timesAfter(999)).toBe(3);
        expect(timesAfter(1)).toBe(4); // for those that asked meanwhile
        expect(timesAfter(10_000)).toBe(5); // and a pause later
        refresh.ask();
        refresh.stop();
        expect(timesAfter(10_000)).toBe(6);
    });
});
