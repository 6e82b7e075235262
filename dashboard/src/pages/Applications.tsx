import { Group, NumberInput, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { applications, native } from '../api/routes';
import type { Application } from '../api/types';
import { Action } from '../components/Action';
import { Confirm } from '../components/Confirm';
import { CodeBlock } from '../components/Copy';
import { DataTable } from '../components/DataTable';
import { Dialog } from '../components/Dialog';
import { type FormValues, FormDialog } from '../components/Form';
import { NeedsLogin } from '../components/NeedsLogin';
import { PagedList } from '../components/PagedList';
import { PageHeader } from '../components/PageHeader';
import { Empty, ErrorNote } from '../components/States';
import { Time } from '../components/Time';

const bodyOf = ({ name, uid, throttleRate }: FormValues) => ({ name, uid: uid || null, throttleRate: throttleRate ? Number(throttleRate) : null });

function ApplicationForm({ shown, onClose }: { shown?: Application; onClose: () => void }) {
    const queries = useQueryClient();
    const done = async () => {
        await queries.invalidateQueries({ queryKey: ['applications'] });
        onClose();
    };
    return (
        <FormDialog title={shown ? 'Change the application' : 'New application'} action={shown ? 'Save' : 'Create'} onClose={onClose} onDone={done}
            onSubmit={(values) => (shown ? applications.change(shown.id, bodyOf(values)) : applications.create(bodyOf(values)))}>
            <TextInput label="Name" name="name" required defaultValue={shown?.name} placeholder="Example Inc." data-autofocus />
            <TextInput label="Your own id" name="uid" defaultValue={shown?.uid} description="Letters, digits, - _ and . ; good wherever the id is." />
            <NumberInput label="Rate limit" name="throttleRate" description="Attempts per second, to all endpoints together." min={1} max={65_535} hideControls
                defaultValue={shown?.throttleRate ?? ''} />
        </FormDialog>
    );
}

// A link to the customer's own page.
function PortalLink({ shown, onClose }: { shown: Application; onClose: () => void }) {
    const make = useMutation({ mutationFn: (isReadOnly: boolean) => native.portalLink(shown.id, { readOnly: isReadOnly }) });
    return (
        <Dialog title={`Portal of ${shown.name}`} onClose={onClose}>
            <Stack>
                <p>The customer's own page: their endpoints and deliveries, nothing else. Whoever has the link may use it for 28 days.</p>
                {make.data && <CodeBlock label="Link" text={make.data.url} />}
                {make.error && <ErrorNote error={make.error} />}
                <Group>
                    <Action needs="manage" isNative onClick={() => make.mutate(false)}>Make a link</Action>
                    <Action needs="manage" isNative variant="default" onClick={() => make.mutate(true)}>Make a link for reading only</Action>
                </Group>
            </Stack>
        </Dialog>
    );
}

type Open = { kind: 'new' } | { kind: 'change' | 'delete' | 'portal'; shown: Application } | null;

function Dialogs({ open, onClose }: { open: Open; onClose: () => void }) {
    const queries = useQueryClient();
    if (!open) return null;
    if (open.kind === 'new') return <ApplicationForm onClose={onClose} />;
    if (open.kind === 'change') return <ApplicationForm shown={open.shown} onClose={onClose} />;
    if (open.kind === 'portal') return <PortalLink shown={open.shown} onClose={onClose} />;
    return (
        <Confirm title="Delete this application?" action="Delete" onClose={onClose}
            onConfirm={() => applications.remove(open.shown.id).then(() => queries.invalidateQueries())}>
            <span className="strong">{open.shown.name}</span> goes with its endpoints and the history of its deliveries.
        </Confirm>
    );
}

function RowActions({ shown, onOpen }: { shown: Application; onOpen: (open: Open) => void }) {
    const button = (kind: 'portal' | 'change' | 'delete', label: string) => (
        <Action needs="manage" isNative size="compact-sm" variant="default" onClick={() => onOpen({ kind, shown })}>{label}</Action>
    );
    return (
        <Group gap="xs" justify="flex-end" wrap="nowrap">
            <Link href={`/dashboard/endpoints?search=${encodeURIComponent(shown.name)}`} className="link">Endpoints</Link>
            {button('portal', 'Portal')}
            {button('change', 'Change')}
            {button('delete', 'Delete')}
        </Group>
    );
}

export default function Applications() {
    const [open, setOpen] = useState<Open>(null);
    return (
        <>
            <PageHeader title="Applications" actions={<Action needs="manage" isNative onClick={() => setOpen({ kind: 'new' })}>New application</Action>}>
                Each stands for one of your customers, and groups their endpoints and events.
            </PageHeader>
            <NeedsLogin>
                <PagedList queryKey={['applications']} load={applications.list} what="applications"
                    empty={<Empty title="No applications">Make one for your first customer.</Empty>}>
                    {(rows) => (
                        <DataTable label="Applications" rows={rows} keyOf={({ id }) => id} columns={[
                            { title: 'Name', cell: ({ name }) => <span className="strong">{name}</span> },
                            { title: 'Id', cell: ({ id, uid }) => <code>{uid ?? id}</code> },
                            { title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
                            { title: 'Actions', className: 'actions', cell: (row) => <RowActions shown={row} onOpen={setOpen} /> },
                        ]} />
                    )}
                </PagedList>
            </NeedsLogin>
            <Dialogs open={open} onClose={() => setOpen(null)} />
        </>
    );
}
