import { NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { endpoints } from '../api/routes';
import type { EndpointRow } from '../api/types';
import { Action } from '../components/Action';
import { type Column, DataTable } from '../components/DataTable';
import { EndpointForm } from '../components/EndpointForm';
import { MailboxForm } from '../components/MailboxForm';
import { PagedList } from '../components/PagedList';
import { PageHeader } from '../components/PageHeader';
import { PauseButton } from '../components/PauseButton';
import { SearchInput } from '../components/SearchInput';
import { Empty } from '../components/States';
import { StatusBadge } from '../components/StatusBadge';
import { SubscriptionForm } from '../components/SubscriptionForm';
import { Time } from '../components/Time';
import { useFilters } from '../lib/filters';
import { hrefOfEndpoint } from '../lib/links';
import { count } from '../lib/numbers';
import { LiveIndicator } from '../live/LiveProvider';

const HEALTHS = [
    { value: '', label: 'Any health' },
    { value: 'healthy', label: 'Healthy' },
    { value: 'suspect', label: 'Suspect' },
    { value: 'unhealthy', label: 'Unhealthy' },
];

const NAMES = ['search', 'health'] as const;

const COLUMNS: Column<EndpointRow>[] = [
    {
        title: 'Endpoint',
        className: 'wide',
        cell: ({ id, name, url }) => (
            <>
                <div className="ellipsis"><Link href={hrefOfEndpoint(id)} className="link strong">{name || url}</Link></div>
                {name && <div className="muted ellipsis" title={url}>{url}</div>}
            </>
        ),
    },
    { title: 'Application', cell: ({ appName, api }) => <>{appName}<div className="muted">{api}</div></> },
    {
        title: 'Health',
        cell: ({ isActive, health, failingSince }) => (
            <>
                <StatusBadge status={isActive ? health : 'paused'} />
                {failingSince && <div className="muted">since <Time at={failingSince} /></div>}
            </>
        ),
    },
    { title: 'Pending', className: 'number', cell: ({ pending }) => count(pending) },
    { title: 'Event types', className: 'types', cell: ({ eventTypes }) => eventTypes?.join(', ') ?? 'all' },
    { title: 'Actions', className: 'actions', cell: (row) => <PauseButton row={row} size="compact-sm" /> },
];

export default function Endpoints() {
    const [filters, set] = useFilters(NAMES);
    const [form, setForm] = useState<'native' | 'mailbox' | 'subscription' | null>(null);
    const close = () => setForm(null);
    return (
        <>
            <PageHeader title="Endpoints" actions={
                <>
                    <LiveIndicator />
                    <Action needs="manage" variant="default" onClick={() => setForm('subscription')}>New subscription</Action>
                    <Action needs="manage" variant="default" onClick={() => setForm('mailbox')}>New mailbox</Action>
                    <Action needs="manage" isNative onClick={() => setForm('native')}>New endpoint</Action>
                </>
            }>
                Who gets events, whatever API made it.
            </PageHeader>
            <div className="filters" role="search" aria-label="Filter endpoints">
                <SearchInput value={filters.search} onChange={(text) => set('search', text)} label="Search" placeholder="Name or URL" />
                <NativeSelect aria-label="Health" data={HEALTHS} value={filters.health} onChange={(event) => set('health', event.target.value)} />
            </div>
            <PagedList queryKey={['endpoints', filters]} load={(iterator, signal) => endpoints(filters, iterator, signal)} what="endpoints"
                empty={<Empty title="No endpoints">{filters.search || filters.health ? 'None fits these filters.' : 'Make one: a subscription is the simplest.'}</Empty>}>
                {(rows) => (
                    <DataTable label="Endpoints" rows={rows} keyOf={({ id }) => id} columns={COLUMNS} />
                )}
            </PagedList>
            {form === 'native' && <EndpointForm onClose={close} />}
            {form === 'mailbox' && <MailboxForm onClose={close} />}
            {form === 'subscription' && <SubscriptionForm onClose={close} />}
        </>
    );
}
