import { Checkbox, NumberInput, Stack, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { mailboxes } from '../api/routes';
import type { Mailbox } from '../api/types';
import { parseList } from '../lib/json';
import { CodeBlock } from './Copy';
import { Dialog } from './Dialog';
import { type FormValues, FormDialog } from './Form';
import { ErrorNote, Loading } from './States';

const bodyOf = (values: FormValues) => ({
    name: values.name,
    target_url: values.url,
    event_types: parseList(values.eventTypes ?? ''),
    max_attempts: values.attempts ? Number(values.attempts) : null,
    rate_limit: values.rateLimit ? Number(values.rateLimit) : null,
    is_active: values.isPaused !== 'on',
});

function Fields({ mailbox }: { mailbox: Mailbox | undefined }) {
    return (
        <>
            <TextInput label="Name" name="name" required maxLength={255} defaultValue={mailbox?.name} placeholder="Order Service" data-autofocus />
            <TextInput label="Target URL" name="url" type="url" required defaultValue={mailbox?.target_url} placeholder="https://example.com/webhooks" />
            <TextInput label="Event types" name="eventTypes" description="Separated by commas; none means all." defaultValue={mailbox?.event_types?.join(', ')} />
            <NumberInput label="Attempts" name="attempts" description="The first included; then a delivery has failed." min={1} max={50} hideControls
                defaultValue={mailbox?.max_attempts ?? ''} />
            <NumberInput label="Rate limit" name="rateLimit" description="Attempts per second." min={1} max={65_535} hideControls defaultValue={mailbox?.rate_limit ?? ''} />
            <Checkbox label="Paused: nothing is accepted or sent" name="isPaused" defaultChecked={mailbox ? !mailbox.is_active : false} />
        </>
    );
}

// The key of a new mailbox, which is shown this once when people have to sign in.
function MadeMailbox({ mailbox, onClose }: { mailbox: Mailbox; onClose: () => void }) {
    const command = `curl -X POST ${window.location.origin}/webhooks/${mailbox.id} \\\n     -H "x-api-key: ${mailbox.api_key}" -H "Content-Type: application/json" \\\n     -d '{"event": "order.completed", "data": {"order_id": "ORD-001"}}'`;
    return (
        <Dialog title={`${mailbox.name} is there`} onClose={onClose}>
            <Stack>
                <p>Producers hand in with this key. Keep it now: it may not be shown again.</p>
                <CodeBlock label="Key" text={mailbox.api_key ?? ''} />
                <CodeBlock label="Hand in an event" text={command} />
            </Stack>
        </Dialog>
    );
}

// Makes a mailbox, or changes the one with this id.
export function MailboxForm({ id, onClose }: { id?: string; onClose: () => void }) {
    const queries = useQueryClient();
    const [made, setMade] = useState<Mailbox | null>(null);
    const shown = useQuery({ queryKey: ['mailbox', id], queryFn: () => mailboxes.get(id ?? ''), enabled: id !== undefined, gcTime: 0 });
    if (made) return <MadeMailbox mailbox={made} onClose={onClose} />;
    if (id && !shown.data)
        return <Dialog title="Change the mailbox" onClose={onClose}>{shown.error ? <ErrorNote error={shown.error} /> : <Loading what="the mailbox" />}</Dialog>;
    const done = async (mailbox: Mailbox) => {
        await queries.invalidateQueries({ queryKey: ['endpoints'] });
        if (id) onClose();
        else setMade(mailbox);
    };
    const save = (values: FormValues) => (id ? mailboxes.change(id, bodyOf(values)) : mailboxes.create(bodyOf(values)));
    return (
        <FormDialog title={id ? 'Change the mailbox' : 'New mailbox'} action={id ? 'Save' : 'Create'} onSubmit={save} onDone={done} onClose={onClose}>
            <Fields mailbox={shown.data} />
        </FormDialog>
    );
}
