import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { deliveries, endpoints } from '../api/routes';
import { DeliveryTable } from '../components/DeliveryTable';
import { FirstSteps } from '../components/FirstSteps';
import { PageHeader } from '../components/PageHeader';
import { REFRESH_MS } from '../components/PagedList';
import { Empty, ErrorNote, Loading } from '../components/States';
import { StatusBadge } from '../components/StatusBadge';
import { TestEvent } from '../components/TestEvent';
import { Time } from '../components/Time';
import { hrefOfDelivery, hrefOfEndpoint } from '../lib/links';

const SHOWN_MAX = 10;

function Newest() {
    const list = useQuery({ queryKey: ['deliveries', 'newest'], queryFn: ({ signal }) => deliveries({}, null, signal, SHOWN_MAX), refetchInterval: REFRESH_MS });
    if (list.isPending) return <Loading what="webhook events" />;
    if (!list.data) return <ErrorNote error={list.error} onRetry={() => list.refetch()} />;
    return (
        <>
            {list.error && <ErrorNote error={list.error} onRetry={() => list.refetch()} />}
            {list.data.data.length > 0 ? <DeliveryTable rows={list.data.data} hrefOf={hrefOfDelivery} /> : <Empty title="No deliveries yet" />}
        </>
    );
}

// Those that fail now.
function Unhealthy() {
    const list = useQuery({
        queryKey: ['endpoints', 'unhealthy'],
        queryFn: ({ signal }) => endpoints({ health: 'unhealthy' }, null, signal, SHOWN_MAX),
        refetchInterval: REFRESH_MS,
    });
    return (
        <section aria-label="Unhealthy endpoints">
            <h2>Unhealthy endpoints</h2>
            {list.error && <ErrorNote error={list.error} onRetry={() => list.refetch()} />}
            {list.data?.data.length === 0 && <p className="muted">None: every endpoint takes what it gets.</p>}
            <ul className="rows">
                {list.data?.data.map((row) => (
                    <li key={row.id}>
                        <StatusBadge status={row.health} />
                        <Link href={hrefOfEndpoint(row.id)} className="link ellipsis">{row.name || row.url}</Link>
                        <span className="muted">{row.failingSince && <>since <Time at={row.failingSince} /></>}</span>
                    </li>
                ))}
            </ul>
        </section>
    );
}

// Is there nothing at all to look at?
function useIsNew(): boolean {
    const known = useQuery({ queryKey: ['endpoints', 'any'], queryFn: ({ signal }) => endpoints({}, null, signal, 1) });
    return known.data?.data.length === 0;
}

export default function Overview() {
    const [isTesting, setTesting] = useState(false);
    const isNew = useIsNew();
    return (
        <>
            <PageHeader title="Overview" actions={<Button onClick={() => setTesting(true)}>Send a test event</Button>}>
                What was sent last, and who does not take it.
            </PageHeader>
            {isNew && <FirstSteps onTest={() => setTesting(true)} />}
            <Unhealthy />
            <h2>Newest deliveries</h2>
            <Newest />
            {isTesting && <TestEvent onClose={() => setTesting(false)} />}
        </>
    );
}
