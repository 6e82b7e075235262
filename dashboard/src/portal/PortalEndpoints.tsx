import { useState } from 'react';
import { Link } from 'wouter';
import { native } from '../api/routes';
import { Action } from '../components/Action';
import { DataTable } from '../components/DataTable';
import { EndpointForm } from '../components/EndpointForm';
import { PagedList } from '../components/PagedList';
import { PageHeader } from '../components/PageHeader';
import { Empty } from '../components/States';
import { StatusBadge } from '../components/StatusBadge';
import { Time } from '../components/Time';
import { hrefOfEndpoint } from './links';

export function PortalEndpoints({ appId }: { appId: string }) {
    const [isMaking, setMaking] = useState(false);
    return (
        <>
            <PageHeader title="Endpoints" actions={<Action needs="manage" onClick={() => setMaking(true)}>New endpoint</Action>}>
                Where your webhooks are sent.
            </PageHeader>
            <PagedList queryKey={['native-endpoints', appId]} load={(iterator, signal) => native.endpoints(appId, iterator, signal)} what="endpoints"
                empty={<Empty title="No endpoints yet">Make one, and events are sent to it.</Empty>}>
                {(rows) => (
                    <DataTable label="Endpoints" rows={rows} keyOf={({ id }) => id} columns={[
                        { title: 'Endpoint', className: 'wide', cell: ({ id, url, description }) => (
                            <>
                                <div className="ellipsis"><Link href={hrefOfEndpoint(id)} className="link strong">{url}</Link></div>
                                <div className="muted ellipsis">{description}</div>
                            </>
                        ) },
                        { title: 'State', cell: ({ disabled }) => <StatusBadge status={disabled ? 'paused' : 'active'} /> },
                        { title: 'Event types', className: 'types', cell: ({ eventTypes }) => eventTypes?.join(', ') ?? 'all' },
                        { title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
                    ]} />
                )}
            </PagedList>
            {isMaking && <EndpointForm appId={appId} onClose={() => setMaking(false)} />}
        </>
    );
}
