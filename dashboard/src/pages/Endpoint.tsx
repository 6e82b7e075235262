import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { endpoints, native } from '../api/routes';
import type { EndpointRow } from '../api/types';
import { Action } from '../components/Action';
import { DeleteEndpoint, EditEndpoint } from '../components/EndpointDialogs';
import { DeliveryList } from '../components/DeliveryList';
import { Facts } from '../components/Facts';
import { FilterTrial } from '../components/FilterTrial';
import { PageHeader } from '../components/PageHeader';
import { PauseButton } from '../components/PauseButton';
import { Redrive } from '../components/Redrive';
import { Secret } from '../components/Secret';
import { Empty, ErrorNote, Loading } from '../components/States';
import { StatusBadge } from '../components/StatusBadge';
import { Tabs } from '../components/Tabs';
import { TestEvent } from '../components/TestEvent';
import { Time } from '../components/Time';
import { uuidOf } from '../lib/ids';
import { hrefOfDelivery } from '../lib/links';
import { count } from '../lib/numbers';
import { LiveIndicator } from '../live/LiveProvider';
import { useSession } from '../session/access';

function Statistics({ row }: { row: EndpointRow }) {
    const stats = useQuery({ queryKey: ['endpoints', 'stats', row.id], queryFn: ({ signal }) => native.stats(row.appId, row.id, signal) });
    if (!stats.data) return null;
    const { success, fail, pending, sending } = stats.data;
    return (
        <dl className="tiles" aria-label="Attempts at this endpoint">
            <div className="tile tile-good"><dt>Succeeded</dt><dd>{count(success)}</dd></div>
            <div className={fail > 0 ? 'tile tile-bad' : 'tile'}><dt>Failed</dt><dd>{count(fail)}</dd></div>
            <div className="tile"><dt>Pending</dt><dd>{count(pending)}</dd></div>
            <div className="tile"><dt>Sending</dt><dd>{count(sending)}</dd></div>
        </dl>
    );
}

function Shown({ row }: { row: EndpointRow }) {
    const [open, setOpen] = useState<'edit' | 'delete' | 'test' | null>(null);
    const [, navigate] = useLocation();
    const { account } = useSession();
    const close = () => setOpen(null);
    return (
        <>
            <Link href="/dashboard/endpoints" className="link">← Endpoints</Link>
            <PageHeader title={row.name || row.url} actions={
                <>
                    <LiveIndicator />
                    <Action needs="manage" variant="default" disabled={!row.isActive} onClick={() => setOpen('test')}>Send a test event</Action>
                    <PauseButton row={row} />
                    <Action needs="manage" variant="default" onClick={() => setOpen('edit')}>Change</Action>
                    <Action needs="manage" variant="default" color="red" onClick={() => setOpen('delete')}>Delete</Action>
                </>
            } />
            <Facts rows={[
                ['Health', <StatusBadge key="h" status={row.isActive ? row.health : 'paused'} />],
                ['Failing since', row.failingSince && <Time at={row.failingSince} isLong />],
                ['URL', row.url],
                ['Application', row.appName],
                ['Made by', `${row.api} API`],
                ['Event types', row.eventTypes?.join(', ') ?? 'all'],
                ['Waiting', count(row.pending)],
                ['Created', <Time key="c" at={row.createdAt} isLong />],
                ['Id', <code key="i">{row.api === 'native' ? row.id : uuidOf(row.id)}</code>],
            ]} />
            <Tabs tabs={[
                { name: 'Deliveries', content: <DeliveryList within={{ endpointId: row.id }} hrefOf={hrefOfDelivery} /> },
                { name: 'Send again', content: <Redrive row={row} /> },
                ...(account ? [
                    { name: 'Secret', content: <Secret appId={row.appId} endpointId={row.id} /> },
                    { name: 'Filter', content: <FilterTrial appId={row.appId} endpointId={row.id} /> },
                    { name: 'Statistics', content: <Statistics row={row} /> },
                ] : []),
            ]} />
            {open === 'edit' && <EditEndpoint row={row} onClose={close} />}
            {open === 'test' && <TestEvent endpoint={row} onClose={close} />}
            {open === 'delete' && <DeleteEndpoint row={row} onClose={close} onDeleted={() => navigate('/dashboard/endpoints')} />}
        </>
    );
}

// One endpoint of whatever API, with the history of its deliveries.
export default function Endpoint({ id }: { id: string }) {
    const found = useQuery({ queryKey: ['endpoints', 'one', id], queryFn: ({ signal }) => endpoints({ search: id }, null, signal) });
    if (found.isPending) return <Loading what="the endpoint" />;
    if (!found.data) return <ErrorNote error={found.error} onRetry={() => found.refetch()} />;
    const row = found.data.data.find((one) => one.id === id);
    return row ? <Shown row={row} /> : <Empty title="There is no such endpoint">It was deleted, or belongs to somebody else.</Empty>;
}
