import { Button, Group, Stack, Textarea } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { native } from '../api/routes';
import { parseObject, pretty } from '../lib/json';
import { Action } from './Action';
import { useNotice } from './Notices';
import { ErrorNote, Loading } from './States';

const SAMPLE = pretty({ data: { amount: 120, country: 'DE' } });

function Trial({ appId, endpointId, filter }: { appId: string; endpointId: string; filter: string }) {
    const [text, setText] = useState(filter);
    const notice = useNotice();
    const parsed = () => (text.trim() ? parseObject(text) : null);
    const trial = useMutation({ mutationFn: (payload: string) => native.testFilter(appId, endpointId, { filter: parsed(), payload: parseObject(payload) }) });
    const save = useMutation({
        mutationFn: async () => native.changeEndpoint(appId, endpointId, { filter: parsed() }),
        onSuccess: () => notice.done('The filter is saved.'),
    });
    const submit = (event: FormEvent<HTMLFormElement>) => {
        event.preventDefault();
        trial.mutate(String(new FormData(event.currentTarget).get('payload')));
    };
    const error = trial.error ?? save.error;
    return (
        <form onSubmit={submit}>
            <Stack>
                <p className="muted">The endpoint gets only events whose payload the filter wants. Try it on a sample before you save it.</p>
                <Textarea label="Filter" rows={5} spellCheck={false} value={text} onChange={(event) => setText(event.target.value)}
                    placeholder={'{"data.amount": {"$gte": 100}}'} classNames={{ input: 'mono' }} />
                <Textarea label="A sample payload" name="payload" rows={6} spellCheck={false} defaultValue={SAMPLE} classNames={{ input: 'mono' }} />
                {error && <ErrorNote error={error} />}
                <Group>
                    <Button type="submit" variant="default" size="xs" loading={trial.isPending}>Try</Button>
                    <Action needs="manage" isNative loading={save.isPending} onClick={() => save.mutate()}>Save the filter</Action>
                    {trial.data && (
                        <output className={`badge badge-${trial.data.matches ? 'good' : 'off'}`}>
                            {trial.data.matches ? 'The endpoint would get it' : 'The endpoint would not get it'}
                        </output>
                    )}
                </Group>
            </Stack>
        </form>
    );
}

export function FilterTrial({ appId, endpointId }: { appId: string; endpointId: string }) {
    const shown = useQuery({ queryKey: ['endpoint', endpointId], queryFn: ({ signal }) => native.endpoint(appId, endpointId, signal), gcTime: 0 });
    if (shown.data) return <Trial appId={appId} endpointId={endpointId} filter={shown.data.filter ? pretty(shown.data.filter) : ''} />;
    return shown.error ? <ErrorNote error={shown.error} onRetry={() => shown.refetch()} /> : <Loading what="the filter" />;
}
