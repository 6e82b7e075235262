import { Group, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { native } from '../api/routes';
import { Action } from './Action';
import { Confirm } from './Confirm';
import { CodeBlock } from './Copy';
import { ErrorNote } from './States';

// The signing secret: shown on demand, which the audit log notes, and rotated with a day in which both are good.
export function Secret({ appId, endpointId }: { appId: string; endpointId: string }) {
    const [isRotating, setRotating] = useState(false);
    const reveal = useMutation({ mutationFn: () => native.secret(appId, endpointId) });
    return (
        <Stack>
            <p className="muted">Receivers verify deliveries with it (Standard Webhooks). Showing it leaves an entry in the audit log.</p>
            {reveal.data && <CodeBlock label="Signing secret" text={reveal.data.key} />}
            {reveal.error && <ErrorNote error={reveal.error} />}
            <Group>
                <Action needs="viewSecrets" isNative variant="default" loading={reveal.isPending} onClick={() => reveal.mutate()}>
                    Show the secret
                </Action>
                <Action needs="rotateSecrets" isNative variant="default" onClick={() => setRotating(true)}>Rotate…</Action>
            </Group>
            {isRotating && (
                <Confirm title="Rotate the secret?" action="Rotate" onClose={() => setRotating(false)}
                    onConfirm={() => native.rotate(appId, endpointId).then(() => reveal.reset())}>
                    Deliveries are signed with a new secret. For a day they carry a signature by the old one, too, so receivers can change in peace.
                </Confirm>
            )}
        </Stack>
    );
}
