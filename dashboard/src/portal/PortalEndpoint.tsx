import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { native } from '../api/routes';
import type { Endpoint } from '../api/types';
import { Action } from '../components/Action';
import { Confirm } from '../components/Confirm';
import { DeliveryList } from '../components/DeliveryList';
import { EndpointForm } from '../components/EndpointForm';
import { Facts } from '../components/Facts';
import { useNotice } from '../components/Notices';
import { PageHeader } from '../components/PageHeader';
import { Secret } from '../components/Secret';
import { ErrorNote, Loading } from '../components/States';
import { StatusBadge } from '../components/StatusBadge';
import { Tabs } from '../components/Tabs';
import { Time } from '../components/Time';
import { hrefOfDelivery } from './links';

function Pause({ appId, shown }: { appId: string; shown: Endpoint }) {
    const queries = useQueryClient();
    const notice = useNotice();
    const toggle = useMutation({
        mutationFn: () => native.changeEndpoint(appId, shown.id, { disabled: !shown.disabled }),
        onSuccess: () => queries.invalidateQueries({ queryKey: ['endpoint', shown.id] }),
        onError: notice.error,
    });
    return <Action needs="manage" variant="default" loading={toggle.isPending} onClick={() => toggle.mutate()}>{shown.disabled ? 'Resume' : 'Pause'}</Action>;
}

function Shown({ appId, shown }: { appId: string; shown: Endpoint }) {
    const [open, setOpen] = useState<'edit' | 'delete' | null>(null);
    const [, navigate] = useLocation();
    const queries = useQueryClient();
    const close = () => setOpen(null);
    const remove = async () => {
        await native.deleteEndpoint(appId, shown.id);
        navigate('/portal');
        await queries.invalidateQueries({ queryKey: ['native-endpoints'] });
    };
    return (
        <>
            <Link href="/portal" className="link">← Endpoints</Link>
            <PageHeader title={shown.description || shown.url} actions={
                <>
                    <Pause appId={appId} shown={shown} />
                    <Action needs="manage" variant="default" onClick={() => setOpen('edit')}>Change</Action>
                    <Action needs="manage" variant="default" onClick={() => setOpen('delete')}>Delete</Action>
                </>
            } />
            <Facts rows={[
                ['State', <StatusBadge key="s" status={shown.disabled ? 'paused' : 'active'} />],
                ['URL', shown.url],
                ['Event types', shown.eventTypes?.join(', ') ?? 'all'],
                ['Created', <Time key="c" at={shown.createdAt} isLong />],
            ]} />
            <Tabs tabs={[
                { name: 'Deliveries', content: <DeliveryList within={{ appId, endpointId: shown.id }} hrefOf={hrefOfDelivery} /> },
                { name: 'Secret', content: <Secret appId={appId} endpointId={shown.id} /> },
            ]} />
            {open === 'edit' && <EndpointForm appId={appId} endpoint={shown} onClose={close} />}
            {open === 'delete' && <Confirm title="Delete this endpoint?" action="Delete" onConfirm={remove} onClose={close}>What waits for it is not sent any more.</Confirm>}
        </>
    );
}

export function PortalEndpoint({ appId, id }: { appId: string; id: string }) {
    const shown = useQuery({ queryKey: ['endpoint', id], queryFn: ({ signal }) => native.endpoint(appId, id, signal) });
    if (shown.data) return <Shown appId={appId} shown={shown.data} />;
    return shown.error ? <ErrorNote error={shown.error} onRetry={() => shown.refetch()} /> : <Loading what="the endpoint" />;
}
