import { describe, expect, it } from 'vitest';
import { readToken } from '../portal/token';
import { accessOf, OPEN, portalSession, type Right, sessionOf } from './access';

const user = (...permissions: ('read' | 'operate' | 'manage')[]) =>
    sessionOf({ user: null, actor: 'user_1', organizationId: 'org_1', applicationId: null, permissions });

describe('accessOf', () => {
    const rows: [name: string, session: typeof OPEN, right: Right, isNative: boolean, isAllowed: boolean][] = [
        ['a viewer retries', user('read'), 'operate', false, false],
        ['an operator retries', user('read', 'operate'), 'operate', false, true],
        ['an operator looks at a secret', user('read', 'operate'), 'viewSecrets', true, false],
        ['an admin looks at a secret', user('read', 'operate', 'manage'), 'viewSecrets', true, true],
        ['nobody retries', OPEN, 'operate', false, true],
        ['nobody uses the native API', OPEN, 'manage', true, false],
        ['a portal without limits', portalSession(null), 'manage', true, true],
        ['a portal that only reads', portalSession(new Set(['ViewBase'])), 'operate', true, false],
        ['a portal with secrets', portalSession(new Set(['ViewBase', 'ViewEndpointSecret'])), 'viewSecrets', true, true],
        ['which may not be rotated', portalSession(new Set(['ViewBase', 'ViewEndpointSecret'])), 'rotateSecrets', true, false],
    ];
    it.each(rows)('%s', (_name, session, right, isNative, isAllowed) => {
        const access = accessOf(session, right, isNative);
        expect(access.isAllowed).toBe(isAllowed);
        expect(access.reason === undefined).toBe(isAllowed);
    });
});

describe('readToken', () => {
    const token = (claims: object) => `e30.${btoa(JSON.stringify(claims)).replace(/=+$/, '')}.c2ln`;
    it('reads what it is for', () => {
        expect(readToken(token({ sub: 'app_1' }))).toMatchObject({ application: 'app_1', capabilities: null });
        expect(readToken(token({ sub: 'app_1', capabilities: ['ViewBase'] }))?.capabilities).toEqual(new Set(['ViewBase']));
    });
    it.each(['', 'x', 'a.b.c', token({ sub: 'org_1' }), token({})])('takes nothing else: %s', (text) => expect(readToken(text)).toBeNull());
});
