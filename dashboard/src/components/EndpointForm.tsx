import { Checkbox, NativeSelect, NumberInput, Textarea, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { applications, native } from '../api/routes';
import type { Endpoint } from '../api/types';
import { parseList, parseObject, pretty } from '../lib/json';
import { type FormValues, FormDialog } from './Form';

const bodyOf = (values: FormValues) => ({
    url: values.url,
    description: values.description,
    eventTypes: parseList(values.eventTypes ?? ''),
    channels: parseList(values.channels ?? ''),
    throttleRate: values.throttleRate ? Number(values.throttleRate) : null,
    filter: values.filter?.trim() ? parseObject(values.filter) : null,
    disabled: values.isPaused === 'on',
});

function Fields({ endpoint }: { endpoint: Endpoint | undefined }) {
    return (
        <>
            <TextInput label="URL" name="url" type="url" required defaultValue={endpoint?.url} placeholder="https://example.com/webhooks" data-autofocus />
            <TextInput label="Description" name="description" defaultValue={endpoint?.description} />
            <TextInput label="Event types" name="eventTypes" description="Separated by commas; none means all. They must exist."
                defaultValue={endpoint?.eventTypes?.join(', ')} placeholder="order.created, order.paid" />
            <TextInput label="Channels" name="channels" description="Separated by commas; none means all." defaultValue={endpoint?.channels?.join(', ')} />
            <Textarea label="Filter" name="filter" rows={3} spellCheck={false} description="Only events whose payload it wants; docs/filters.md has the language."
                placeholder={'{"data.amount": {"$gte": 100}}'} defaultValue={endpoint?.filter ? pretty(endpoint.filter) : ''} classNames={{ input: 'mono' }} />
            <NumberInput label="Rate limit" name="throttleRate" description="Attempts per second; what exceeds it waits." min={1} max={65_535}
                defaultValue={endpoint?.throttleRate ?? ''} hideControls />
            <Checkbox label="Paused: nothing is sent to it" name="isPaused" defaultChecked={endpoint?.disabled ?? false} />
        </>
    );
}

interface Props {
    // None: the form asks for it.
    appId?: string;
    endpoint?: Endpoint;
    onClose: () => void;
}

// Makes or changes an endpoint of an application.
export function EndpointForm({ appId, endpoint, onClose }: Props) {
    const queries = useQueryClient();
    const apps = useQuery({ queryKey: ['applications', null], queryFn: ({ signal }) => applications.list(null, signal), enabled: !appId });
    const done = async () => {
        await Promise.all(['endpoints', 'endpoint', 'native-endpoints'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
        onClose();
    };
    const save = (values: FormValues) => {
        const app = appId ?? values.app ?? '';
        return endpoint ? native.changeEndpoint(app, endpoint.id, bodyOf(values)) : native.createEndpoint(app, bodyOf(values));
    };
    return (
        <FormDialog title={endpoint ? 'Change the endpoint' : 'New endpoint'} action={endpoint ? 'Save' : 'Create'} onSubmit={save} onDone={done} onClose={onClose}>
            {!appId && (
                <NativeSelect label="Application" name="app" required data={(apps.data?.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
                    description="Whose events it gets." />
            )}
            <Fields endpoint={endpoint} />
        </FormDialog>
    );
}
