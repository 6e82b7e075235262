import { Group, NativeSelect, Progress, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { native } from '../api/routes';
import type { EndpointRow } from '../api/types';
import { factsOf } from '../lib/tasks';
import { fromLocalInput } from '../lib/time';
import { Action } from './Action';
import { Facts } from './Facts';
import { ErrorNote } from './States';
import { StatusBadge } from './StatusBadge';

type Kind = 'recover' | 'replay-missing' | 'bulk-replay';

const KINDS: { value: Kind; label: string }[] = [
    { value: 'recover', label: 'What failed' },
    { value: 'replay-missing', label: 'What it never got' },
    { value: 'bulk-replay', label: 'Everything, delivered or not' },
];

const SPANS = [
    { value: '1', label: 'the last hour' },
    { value: '24', label: 'the last day' },
    { value: '168', label: 'the last week' },
    { value: '720', label: 'the last 30 days' },
    { value: '', label: 'a time of your own' },
];

const TONES = { running: 'blue', finished: 'teal', failed: 'red' };
const POLL_MS = 700;
const HOUR_MS = 3_600_000;

// A background task, until it ends.
function TaskView({ id }: { id: string }) {
    const task = useQuery({
        queryKey: ['task', id],
        queryFn: ({ signal }) => native.task(id, signal),
        refetchInterval: ({ state }) => (state.data && state.data.status !== 'running' ? false : POLL_MS),
    });
    if (!task.data) return task.error ? <ErrorNote error={task.error} /> : null;
    const { status, data } = task.data;
    return (
        <section className="panel" aria-label="Progress">
            <Stack gap="sm">
                <div><StatusBadge status={status === 'finished' ? 'delivered' : status === 'failed' ? 'failed' : 'pending'} label={status} /></div>
                <Progress value={100} color={TONES[status]} animated={status === 'running'} aria-label="Progress" />
                <Facts rows={factsOf(data)} />
            </Stack>
        </section>
    );
}

// Sends many deliveries of an endpoint once more, as a task that goes on by itself.
export function Redrive({ row }: { row: EndpointRow }) {
    const [kind, setKind] = useState<Kind>('recover');
    const [span, setSpan] = useState('24');
    const [since, setSince] = useState('');
    const start = useMutation({
        mutationFn: () => {
            const from = span ? new Date(Date.now() - Number(span) * HOUR_MS).toISOString() : fromLocalInput(since);
            if (!from) throw new Error('Say since when.');
            return native.redrive(row.appId, row.id, kind, { since: from });
        },
    });
    return (
        <Stack>
            <Group align="flex-end">
                <NativeSelect label="Send again" data={KINDS} value={kind} onChange={(event) => setKind(event.target.value as Kind)} />
                <NativeSelect label="of" data={SPANS} value={span} onChange={(event) => setSpan(event.target.value)} />
                {!span && <TextInput label="Since" type="datetime-local" value={since} onChange={(event) => setSince(event.target.value)} />}
                <Action needs="operate" isNative size="sm" loading={start.isPending} onClick={() => start.mutate()}>Start</Action>
            </Group>
            <p className="muted">It goes on when you leave this page, and after a restart of the server.</p>
            {start.error && <ErrorNote error={start.error} />}
            {start.data && <TaskView key={start.data.id} id={start.data.id} />}
        </Stack>
    );
}
