import { Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { eventTypes } from '../api/routes';
import type { EventType } from '../api/types';
import { Action } from '../components/Action';
import { DataTable } from '../components/DataTable';
import { type FormValues, FormDialog } from '../components/Form';
import { NeedsLogin } from '../components/NeedsLogin';
import { PagedList } from '../components/PagedList';
import { PageHeader } from '../components/PageHeader';
import { Empty } from '../components/States';
import { StatusBadge } from '../components/StatusBadge';
import { Time } from '../components/Time';
import { parseObject, pretty } from '../lib/json';

const VALIDATIONS = [
    { value: 'off', label: 'off: nobody looks' },
    { value: 'warn', label: 'warn: accepted, and said in the answer' },
    { value: 'reject', label: 'reject: refused' },
];

const bodyOf = (values: FormValues) => ({
    description: values.description,
    schemas: values.schema?.trim() ? { 1: parseObject(values.schema) } : null,
    payloadValidation: values.validation,
    archived: values.archived === 'on',
});

function EventTypeForm({ shown, onClose }: { shown: EventType | null; onClose: () => void }) {
    const queries = useQueryClient();
    const done = async () => {
        await queries.invalidateQueries({ queryKey: ['event-types'] });
        onClose();
    };
    const save = (values: FormValues) => (shown ? eventTypes.change(shown.name, bodyOf(values)) : eventTypes.create({ name: values.name, ...bodyOf(values) }));
    return (
        <FormDialog title={shown ? shown.name : 'New event type'} action={shown ? 'Save' : 'Create'} onSubmit={save} onDone={done} onClose={onClose}>
            {!shown && <TextInput label="Name" name="name" required placeholder="invoice.paid" data-autofocus />}
            <TextInput label="Description" name="description" defaultValue={shown?.description} />
            <Textarea label="JSON Schema of the payload" name="schema" rows={6} spellCheck={false} classNames={{ input: 'mono' }}
                defaultValue={shown?.schemas?.['1'] ? pretty(shown.schemas['1']) : ''} />
            <NativeSelect label="Events that do not fit the schema" name="validation" data={VALIDATIONS} defaultValue={shown?.payloadValidation ?? 'off'} />
            {shown && <Checkbox label="Archived: not offered any more" name="archived" defaultChecked={shown.archived} />}
        </FormDialog>
    );
}

export default function EventTypes() {
    const [form, setForm] = useState<{ shown: EventType | null } | null>(null);
    return (
        <>
            <PageHeader title="Event types" actions={<Action needs="manage" isNative onClick={() => setForm({ shown: null })}>New event type</Action>}>
                What can happen, and what the payloads look like.
            </PageHeader>
            <NeedsLogin>
                <PagedList queryKey={['event-types']} load={eventTypes.list} what="event types"
                    empty={<Empty title="No event types">Make them here, or import them from an OpenAPI document with the API.</Empty>}>
                    {(rows) => (
                        <DataTable label="Event types" rows={rows} keyOf={({ name }) => name} columns={[
                            { title: 'Name', cell: ({ name }) => <code>{name}</code> },
                            { title: 'Description', className: 'wide', cell: ({ description }) => description },
                            { title: 'Schema', cell: ({ schemas, payloadValidation }) => (schemas ? `validation: ${payloadValidation}` : 'none') },
                            { title: 'State', cell: ({ archived }) => <StatusBadge status={archived ? 'paused' : 'active'} label={archived ? 'archived' : 'active'} /> },
                            { title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
                            { title: 'Actions', className: 'actions', cell: (shown) => (
                                <Action needs="manage" isNative size="compact-sm" variant="default" onClick={() => setForm({ shown })}>Change</Action>
                            ) },
                        ]} />
                    )}
                </PagedList>
            </NeedsLogin>
            {form && <EventTypeForm shown={form.shown} onClose={() => setForm(null)} />}
        </>
    );
}
