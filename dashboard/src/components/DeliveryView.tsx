import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { ReactNode } from 'react';
import { delivery } from '../api/routes';
import type { DeliveryDetail } from '../api/types';
import { AttemptList } from './AttemptList';
import { CopyButton } from './Copy';
import { Facts } from './Facts';
import { PayloadView } from './JsonView';
import { PageHeader } from './PageHeader';
import { RetryButton } from './RetryButton';
import { ErrorNote, Loading } from './States';
import { StatusBadge } from './StatusBadge';
import { Time } from './Time';

interface Props {
    msgId: string;
    endpointId: string;
    back: { href: string; label: string };
    endpointLink: (shown: DeliveryDetail) => ReactNode;
}

// One delivery, in the dashboard and in the portal.
export function DeliveryView({ msgId, endpointId, back, endpointLink }: Props) {
    const shown = useQuery({ queryKey: ['delivery', msgId, endpointId], queryFn: ({ signal }) => delivery(msgId, endpointId, signal) });
    if (shown.isPending) return <Loading what="the delivery" />;
    if (!shown.data) return <ErrorNote error={shown.error} onRetry={() => shown.refetch()} />;
    const data = shown.data;
    return (
        <>
            <Link href={back.href} className="link">← {back.label}</Link>
            <PageHeader title={data.eventType || 'Delivery'}
                actions={<><CopyButton text={window.location.href} label="Copy link" /><RetryButton msgId={msgId} endpointId={endpointId} label="Send again" /></>} />
            {shown.error && <ErrorNote error={shown.error} onRetry={() => shown.refetch()} />}
            <Facts rows={[
                ['Status', <StatusBadge key="s" status={data.status} />],
                ['Endpoint', endpointLink(data)],
                ['URL', <span key="u" className="break">{data.url}</span>],
                ['Application', data.appName],
                ['Message', <code key="m">{data.msgId}</code>],
                ['Event id', data.eventId && <code>{data.eventId}</code>],
                ['Attempts', data.attemptCount],
                ['Created', <Time key="c" at={data.createdAt} isLong />],
                ['Next attempt', data.nextAttemptAt && <Time at={data.nextAttemptAt} isLong />],
            ]} />
            <h2>Attempts</h2>
            <AttemptList attempts={data.attempts} />
            <h2>Payload</h2>
            <PayloadView payload={data.payload} />
        </>
    );
}
