import { TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { subscriptions } from '../api/routes';
import type { EndpointRow } from '../api/types';
import { uuidOf } from '../lib/ids';
import { parseList } from '../lib/json';
import { type FormValues, FormDialog } from './Form';

// Makes a subscription, or changes the one that the row is.
export function SubscriptionForm({ row, onClose }: { row?: EndpointRow; onClose: () => void }) {
    const queries = useQueryClient();
    const save = (values: FormValues) => {
        const body = {
            target_url: values.url,
            event_types: parseList(values.eventTypes ?? ''),
            ...(values.secret && { secret: values.secret }),
        };
        return row ? subscriptions.change(uuidOf(row.id), body) : subscriptions.create(body);
    };
    const done = async () => {
        await queries.invalidateQueries({ queryKey: ['endpoints'] });
        onClose();
    };
    return (
        <FormDialog title={row ? 'Change the subscription' : 'New subscription'} action={row ? 'Save' : 'Create'} onSubmit={save} onDone={done} onClose={onClose}>
            <TextInput label="Target URL" name="url" type="url" required defaultValue={row?.url} placeholder="https://example.com/webhooks" data-autofocus />
            <TextInput label="Event types" name="eventTypes" description="Separated by commas; none means all." defaultValue={row?.eventTypes?.join(', ')} />
            <TextInput label="Secret" name="secret" autoComplete="off" description={row ? 'Empty: it stays as it is.' : 'Deliveries are signed with it; empty: they are not.'} />
        </FormDialog>
    );
}
