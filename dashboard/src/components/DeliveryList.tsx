import { Button, NativeSelect, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { type DeliveryFilter, deliveries } from '../api/routes';
import type { Delivery } from '../api/types';
import { useFilters } from '../lib/filters';
import { fromLocalInput } from '../lib/time';
import { DeliveryTable } from './DeliveryTable';
import { PagedList } from './PagedList';
import { SearchInput } from './SearchInput';
import { Empty } from './States';

interface Props {
    // What the list is limited to, whatever the filters say.
    within?: Pick<DeliveryFilter, 'appId' | 'endpointId'>;
    hrefOf: (row: Delivery) => string;
    empty?: ReactNode;
}

const STATUSES = [
    { value: '', label: 'Any status' },
    { value: 'delivered', label: 'Delivered' },
    { value: 'pending', label: 'Pending' },
    { value: 'failed', label: 'Failed' },
    { value: 'cancelled', label: 'Cancelled' },
];

const NAMES = ['status', 'eventType', 'search', 'after', 'before'] as const;

// Deliveries with their filters, which are in the address, so that a view can be shared.
export function DeliveryList({ within = {}, hrefOf, empty }: Props) {
    const [filters, set, clear] = useFilters(NAMES);
    const isFiltered = NAMES.some((name) => filters[name]);
    const query: DeliveryFilter = { ...within };
    if (filters.status) query.status = [filters.status];
    for (const name of ['eventType', 'search'] as const) if (filters[name]) query[name] = filters[name];
    for (const name of ['after', 'before'] as const) {
        const time = fromLocalInput(filters[name]);
        if (time) query[name] = time;
    }
    return (
        <>
            <div className="filters" role="search" aria-label="Filter deliveries">
                <SearchInput value={filters.search} onChange={(text) => set('search', text)} label="Search"
                    placeholder="Message id, URL, endpoint…" />
                <NativeSelect aria-label="Status" data={STATUSES} value={filters.status} onChange={(event) => set('status', event.target.value)} />
                <SearchInput value={filters.eventType} onChange={(text) => set('eventType', text)} label="Event type" placeholder="Event type" />
                <label>From <TextInput type="datetime-local" size="sm" value={filters.after} onChange={(event) => set('after', event.target.value)} /></label>
                <label>until <TextInput type="datetime-local" size="sm" value={filters.before} onChange={(event) => set('before', event.target.value)} /></label>
                {isFiltered && <Button variant="subtle" color="gray" onClick={clear}>Clear</Button>}
            </div>
            <PagedList queryKey={['deliveries', query]} load={(iterator, signal) => deliveries(query, iterator, signal)} what="webhook events"
                empty={isFiltered || !empty ? <Empty title="No deliveries">{isFiltered ? 'None fits these filters.' : 'Nothing was sent yet.'}</Empty> : empty}>
                {(rows) => <DeliveryTable rows={rows} hrefOf={hrefOf} hasEndpoint={!within.endpointId} />}
            </PagedList>
        </>
    );
}
