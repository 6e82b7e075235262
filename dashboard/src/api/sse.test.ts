import { describe, expect, it } from 'vitest';
import { EventStreamParser, pauseBefore } from './sse';

const STREAM = ': hi\n\nevent: hello\ndata: {"version":"1"}\n\ndata: a\r\ndata:b\r\n\r\nevent: nothing\n\nid: 7\nevent: last\ndata\n\n';
const EVENTS = [
    { name: 'hello', data: '{"version":"1"}' },
    { name: 'message', data: 'a\nb' },
    { name: 'last', data: '' },
];

describe('EventStreamParser', () => {
    it('finds the same events, however the bytes are cut', () => {
        for (let size = 1; size <= STREAM.length; ++size) {
            const parser = new EventStreamParser();
            const found = [];
            for (let at = 0; at < STREAM.length; at += size) found.push(...parser.push(STREAM.slice(at, at + size)));
            expect(found).toEqual(EVENTS);
        }
    });

    it('keeps what is not complete', () => {
        const parser = new EventStreamParser();
        expect(parser.push('data: x\n')).toEqual([]);
        expect(parser.push('\n')).toEqual([{ name: 'message', data: 'x' }]);
    });
});

describe('pauseBefore', () => {
    it.each([
        [0, 0, 1_000],
        [1, 0, 2_000],
        [4, 1, 20_000],
        [5, 0, 30_000],
        [500, 1, 37_500],
    ])('attempt %i, draw %f: %i ms', (attempt, random, pause) => expect(pauseBefore(attempt, random)).toBe(pause));
});
