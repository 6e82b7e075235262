import { describe, expect, it } from 'vitest';
import { faultOf } from './faults';

describe('faultOf', () => {
    const rows: [name: string, status: number, answer: unknown, retryAfter: string | null, message: RegExp][] = [
        ['no answer', 0, undefined, null, /cannot be reached/],
        ['what the server says', 409, { code: 'conflict', detail: 'There is one already.' }, null, /^There is one already\.$/],
        ['a list of issues', 422, { detail: [{ loc: ['body', 'url'], msg: 'is no URL', type: 'value_error' }] }, null, /^url: is no URL$/],
        ['an issue of the whole', 422, { detail: [{ loc: ['body'], msg: 'No JSON' }] }, null, /^No JSON$/],
        ['a session that ended', 401, { detail: 'Not authenticated' }, null, /Sign in again/],
        ['too many tries', 429, { detail: 'slow down' }, '7', /in 7 s/],
        ['a vague 404', 404, { detail: 'Entity not found' }, null, /go back to the list/],
        ['no JSON', 502, undefined, null, /answered 502/],
    ];
    it.each(rows)('%s', (_name, status, answer, retryAfter, message) => {
        expect(faultOf(status, answer, retryAfter).message).toMatch(message);
    });

    it('names the members that are wrong', () => {
        const { fields } = faultOf(422, { detail: [{ loc: ['body', 'a'], msg: 'one' }, { loc: ['body', 'a'], msg: 'two' }, { loc: ['query', 'limit'], msg: 'three' }] });
        expect(fields).toEqual({ a: 'one', 'query.limit': 'three' });
    });
});
