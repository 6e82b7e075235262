import { NativeSelect, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { apiKeys } from '../api/routes';
import type { ApiKey } from '../api/types';
import { Action } from '../components/Action';
import { Confirm } from '../components/Confirm';
import { CodeBlock } from '../components/Copy';
import { DataTable } from '../components/DataTable';
import { Dialog } from '../components/Dialog';
import { type FormValues, FormDialog } from '../components/Form';
import { NeedsLogin } from '../components/NeedsLogin';
import { PagedList } from '../components/PagedList';
import { PageHeader } from '../components/PageHeader';
import { Empty } from '../components/States';
import { Time } from '../components/Time';
import { fromLocalInput } from '../lib/time';

const SCOPES = [
    { value: 'ingest', label: 'ingest: hands in events, sees nothing' },
    { value: 'read', label: 'read: sees what a viewer sees' },
    { value: 'full', label: 'full: may what an admin may' },
];

function KeyForm({ onClose }: { onClose: () => void }) {
    const queries = useQueryClient();
    const [made, setMade] = useState<ApiKey | null>(null);
    if (made)
        return (
            <Dialog title={`The key “${made.name}”`} onClose={onClose}>
                <Stack>
                    <p>This is the only time it is shown. Keep it where the program finds it.</p>
                    <CodeBlock label="API key" text={made.key ?? ''} />
                    <CodeBlock label="How a program sends it" text={`Authorization: Bearer ${made.key}`} />
                </Stack>
            </Dialog>
        );
    const save = ({ name, scope, expiresAt }: FormValues) => apiKeys.create({ name, scope, expiresAt: fromLocalInput(expiresAt ?? '') ?? null });
    const done = async (key: ApiKey) => {
        await queries.invalidateQueries({ queryKey: ['api-keys'] });
        setMade(key);
    };
    return (
        <FormDialog title="New API key" action="Create" onSubmit={save} onDone={done} onClose={onClose}>
            <TextInput label="Name" name="name" required maxLength={200} placeholder="the shop" data-autofocus />
            <NativeSelect label="Scope" name="scope" data={SCOPES} />
            <TextInput label="Good until" name="expiresAt" type="datetime-local" description="Empty: until it is revoked." />
        </FormDialog>
    );
}

export default function ApiKeys() {
    const queries = useQueryClient();
    const [isMaking, setMaking] = useState(false);
    const [revoked, setRevoked] = useState<ApiKey | null>(null);
    return (
        <>
            <PageHeader title="API keys" actions={<Action needs="manage" isNative onClick={() => setMaking(true)}>New API key</Action>}>
                What programs show instead of a password.
            </PageHeader>
            <NeedsLogin>
                <PagedList queryKey={['api-keys']} load={apiKeys.list} what="API keys" empty={<Empty title="No API keys">Make one for each program, so that each can be revoked alone.</Empty>}>
                    {(rows) => (
                        <DataTable label="API keys" rows={rows} keyOf={({ id }) => id} columns={[
                            { title: 'Name', className: 'wide', cell: ({ name }) => <span className="strong">{name}</span> },
                            { title: 'Key', cell: ({ hint }) => <code>{hint}…</code> },
                            { title: 'Scope', cell: ({ scope }) => scope },
                            { title: 'Last used', cell: ({ lastUsedAt }) => <Time at={lastUsedAt} none="never" /> },
                            { title: 'Good until', cell: ({ expiresAt }) => <Time at={expiresAt} none="revoked" /> },
                            { title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
                            { title: 'Actions', className: 'actions', cell: (row) => (
                                <Action needs="manage" isNative size="compact-sm" variant="default" onClick={() => setRevoked(row)}>Revoke</Action>
                            ) },
                        ]} />
                    )}
                </PagedList>
            </NeedsLogin>
            {isMaking && <KeyForm onClose={() => setMaking(false)} />}
            {revoked && (
                <Confirm title="Revoke this key?" action="Revoke" onClose={() => setRevoked(null)}
                    onConfirm={() => apiKeys.revoke(revoked.id).then(() => queries.invalidateQueries({ queryKey: ['api-keys'] }))}>
                    Programs that use <span className="strong">{revoked.name}</span> are refused at once.
                </Confirm>
            )}
        </>
    );
}
