import { Checkbox, Group, NativeSelect, PasswordInput, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { members } from '../api/routes';
import type { Role, User } from '../api/types';
import { Action } from '../components/Action';
import { Confirm } from '../components/Confirm';
import { DataTable } from '../components/DataTable';
import { type FormValues, FormDialog } from '../components/Form';
import { NeedsLogin } from '../components/NeedsLogin';
import { PagedList } from '../components/PagedList';
import { PageHeader } from '../components/PageHeader';
import { Empty } from '../components/States';
import { StatusBadge } from '../components/StatusBadge';
import { Time } from '../components/Time';
import { useSession } from '../session/access';

const ROLES: { value: Role; label: string }[] = [
    { value: 'viewer', label: 'viewer: sees everything' },
    { value: 'operator', label: 'operator: resends, replays, tests, too' },
    { value: 'admin', label: 'admin: changes endpoints, users and keys, too' },
    { value: 'owner', label: 'owner: everything' },
];

type Open = { kind: 'new' } | { kind: 'change' | 'remove'; shown: User } | null;

function MemberForm({ shown, onClose }: { shown?: User; onClose: () => void }) {
    const queries = useQueryClient();
    const { rights } = useSession();
    // Nobody gives more than they have.
    const roles = ROLES.filter(({ value }) => value !== 'owner' || rights.has('administer'));
    const save = ({ email, fullName, role, password, isActive }: FormValues) => {
        const body = { email, fullName, role, ...(password && { password }) };
        return shown ? members.change(shown.id, { ...body, isActive: isActive === 'on' }) : members.create(body);
    };
    const done = async () => {
        await queries.invalidateQueries({ queryKey: ['members'] });
        onClose();
    };
    return (
        <FormDialog title={shown ? shown.email : 'New user'} action={shown ? 'Save' : 'Create'} onSubmit={save} onDone={done} onClose={onClose}>
            <TextInput label="E-mail address" name="email" type="email" required defaultValue={shown?.email} data-autofocus />
            <TextInput label="Name" name="fullName" defaultValue={shown?.fullName} />
            <NativeSelect label="Role" name="role" data={roles} defaultValue={shown?.role ?? 'viewer'} />
            <PasswordInput label={shown ? 'New password' : 'Password'} name="password" autoComplete="new-password" minLength={10} required={!shown}
                description={shown ? 'Empty: it stays. A new one ends their sessions.' : '10 characters at least; tell it them, they can change it.'}
                visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }} />
            {shown && <Checkbox label="Active: may sign in" name="isActive" defaultChecked={shown.isActive} />}
        </FormDialog>
    );
}

function Dialogs({ open, onClose }: { open: Open; onClose: () => void }) {
    const queries = useQueryClient();
    if (!open) return null;
    if (open.kind === 'new') return <MemberForm onClose={onClose} />;
    if (open.kind === 'change') return <MemberForm shown={open.shown} onClose={onClose} />;
    return (
        <Confirm title="Remove this user?" action="Remove" onClose={onClose}
            onConfirm={() => members.remove(open.shown.id).then(() => queries.invalidateQueries({ queryKey: ['members'] }))}>
            The sessions of <span className="strong">{open.shown.email}</span> end at once. API keys they made stay.
        </Confirm>
    );
}

export default function Members() {
    const [open, setOpen] = useState<Open>(null);
    const { account, rights } = useSession();
    const mayTouch = (user: User) => user.id !== account?.user?.id && (user.role !== 'owner' || rights.has('administer'));
    return (
        <>
            <PageHeader title="Users" actions={<Action needs="manage" isNative onClick={() => setOpen({ kind: 'new' })}>New user</Action>}>
                Who may sign in, and what they may do.
            </PageHeader>
            <NeedsLogin>
                <PagedList queryKey={['members']} load={members.list} what="users" empty={<Empty title="No users" />}>
                    {(rows) => (
                        <DataTable label="Users" rows={rows} keyOf={({ id }) => id} columns={[
                            { title: 'User', className: 'wide', cell: ({ email, fullName }) => <><div className="strong ellipsis">{email}</div><div className="muted">{fullName}</div></> },
                            { title: 'Role', cell: ({ role }) => role },
                            { title: 'State', cell: ({ isActive }) => <StatusBadge status={isActive ? 'active' : 'paused'} label={isActive ? 'active' : 'switched off'} /> },
                            { title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
                            { title: 'Actions', className: 'actions', cell: (shown) => (
                                <Group gap="xs" justify="flex-end" wrap="nowrap">
                                    <Action needs="manage" isNative size="compact-sm" variant="default" disabled={!mayTouch(shown)} onClick={() => setOpen({ kind: 'change', shown })}>Change</Action>
                                    <Action needs="manage" isNative size="compact-sm" variant="default" disabled={!mayTouch(shown)} onClick={() => setOpen({ kind: 'remove', shown })}>Remove</Action>
                                </Group>
                            ) },
                        ]} />
                    )}
                </PagedList>
            </NeedsLogin>
            <Dialogs open={open} onClose={() => setOpen(null)} />
        </>
    );
}
