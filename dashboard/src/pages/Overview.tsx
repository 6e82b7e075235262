import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { Link } from 'wouter';
import type { LiveEvent } from '../api/live';
import { endpoints, overview } from '../api/routes';
import type { Overview as Shown, Totals } from '../api/types';
import { FirstSteps } from '../components/FirstSteps';
import { LiveFeed } from '../components/LiveFeed';
import { PageHeader } from '../components/PageHeader';
import { Empty, ErrorNote, Loading } from '../components/States';
import { StatusBadge } from '../components/StatusBadge';
import { TestEvent } from '../components/TestEvent';
import { Time } from '../components/Time';
import { hrefOfEndpoint } from '../lib/links';
import { describe, newest, seriesOf } from '../lib/minutes';
import { count, plural } from '../lib/numbers';
import { duration } from '../lib/time';
import { LiveIndicator, useLiveEvents } from '../live/LiveProvider';

const Chart = lazy(() => import('../components/Chart').then((module) => ({ default: module.Chart })));

// The counters are pushed once a second; the rest comes with the overview.
function useTotals(fetched: Totals): Totals {
    const [pushed, setPushed] = useState<{ over: Totals; totals: Totals } | null>(null);
    const listener = useCallback((event: LiveEvent) => event.kind === 'totals' && setPushed({ over: fetched, totals: event.totals }), [fetched]);
    useLiveEvents(listener);
    return pushed?.over === fetched ? pushed.totals : fetched;
}

function Tile({ name, value, tone }: { name: string; value: string; tone?: string }) {
    return (
        <div className={`tile ${tone ? `tile-${tone}` : ''}`}>
            <dt>{name}</dt>
            <dd>{value}</dd>
        </div>
    );
}

function Tiles({ fetched }: { fetched: Totals }) {
    const totals = useTotals(fetched);
    return (
        <dl className="tiles" aria-label="Counters">
            <Tile name="Accepted" value={count(totals.accepted)} />
            <Tile name="Delivered" value={count(totals.delivered)} tone="good" />
            <Tile name="Failed" value={count(totals.failed)} {...(totals.failed > 0 && { tone: 'bad' })} />
            <Tile name="Pending" value={count(totals.pending)} />
            <Tile name="In flight" value={count(totals.inFlight)} />
        </dl>
    );
}

function Charts({ shown }: { shown: Shown }) {
    const series = useMemo(() => seriesOf(shown.minutes), [shown.minutes]);
    const traffic = useMemo(
        () => [
            { label: 'Accepted', colour: '--link', values: series.accepted },
            { label: 'Delivered', colour: '--good', values: series.delivered },
            { label: 'Failed attempts', colour: '--bad', values: series.failed },
        ],
        [series],
    );
    const latency = useMemo(
        () => [
            { label: 'Median', colour: '--link', values: series.p50 },
            { label: '95 %', colour: '--wait', values: series.p95 },
        ],
        [series],
    );
    const [p50, p95] = [newest(series.p50), newest(series.p95)];
    return (
        <Suspense fallback={<div className="chart" />}>
            <section className="panel" aria-label="Traffic">
                <h2>Last hour, per minute</h2>
                <Chart times={series.times} series={traffic} description={describe(series)} />
                <p className="legend"><span className="link">accepted</span><span className="good">delivered</span><span className="bad">failed attempts</span></p>
            </section>
            <section className="panel" aria-label="Time to deliver">
                <h2>From accepted to delivered</h2>
                <Chart times={series.times} series={latency} unit=" ms" description={`Median ${p50 ?? '–'} ms, 95 % within ${p95 ?? '–'} ms`} />
                <p className="legend">
                    <span className="link">median {p50 === null ? '–' : duration(p50)}</span>
                    <span className="wait">95 % within {p95 === null ? '–' : duration(p95)}</span>
                </p>
            </section>
        </Suspense>
    );
}

// Is there nothing at all to look at?
function useIsNew(): boolean {
    const known = useQuery({ queryKey: ['endpoints', 'any'], queryFn: ({ signal }) => endpoints({}, null, signal, 1) });
    return known.data?.data.length === 0;
}

function Unhealthy() {
    const list = useQuery({
        queryKey: ['endpoints', 'unhealthy'],
        queryFn: ({ signal }) => endpoints({ health: 'unhealthy' }, null, signal, 10),
    });
    return (
        <section className="panel" aria-label="Unhealthy endpoints">
            <h2>Unhealthy endpoints</h2>
            {list.error && <ErrorNote error={list.error} onRetry={() => list.refetch()} />}
            {list.data?.data.length === 0 && <Empty title="None">Every endpoint takes what it gets.</Empty>}
            <ul className="rows">
                {list.data?.data.map((row) => (
                    <li key={row.id}>
                        <StatusBadge status={row.health} />
                        <Link href={hrefOfEndpoint(row.id)} className="link ellipsis">{row.name || row.url}</Link>
                        <span className="muted push">{row.failingSince && <>since <Time at={row.failingSince} /></>}</span>
                    </li>
                ))}
            </ul>
        </section>
    );
}

// The counters and charts.
function Figures() {
    const shown = useQuery({ queryKey: ['overview'], queryFn: ({ signal }) => overview(signal) });
    if (shown.isPending) return <Loading what="the overview" />;
    if (!shown.data) return <ErrorNote error={shown.error} onRetry={() => shown.refetch()} />;
    const { endpoints: known, startedAt, totals, version } = shown.data;
    return (
        <>
            {shown.error && <ErrorNote error={shown.error} onRetry={() => shown.refetch()} />}
            {totals && <Tiles fetched={totals} />}
            <p className="muted caption">
                {plural(known.total, 'endpoint')}, {known.active} active, {known.disabled} paused. Running since <Time at={startedAt} />, version {version}.
            </p>
            {totals && <div className="columns"><Charts shown={shown.data} /></div>}
        </>
    );
}

export default function Overview() {
    const [isTesting, setTesting] = useState(false);
    const isNew = useIsNew();
    return (
        <>
            <PageHeader title="Overview" actions={<><LiveIndicator /><Button onClick={() => setTesting(true)}>Send a test event</Button></>}>
                What the server does now, and how it went in the last hour.
            </PageHeader>
            {isNew && <FirstSteps onTest={() => setTesting(true)} />}
            <Figures />
            <div className="columns">
                <section className="panel" aria-label="Live attempts">
                    <h2>Attempts, as they happen</h2>
                    <LiveFeed />
                </section>
                <Unhealthy />
            </div>
            {isTesting && <TestEvent onClose={() => setTesting(false)} />}
        </>
    );
}
