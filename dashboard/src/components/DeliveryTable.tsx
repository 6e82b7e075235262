import { Table } from '@mantine/core';
import { Link, useLocation } from 'wouter';
import type { Delivery } from '../api/types';
import { RetryButton } from './RetryButton';
import { StatusBadge } from './StatusBadge';
import { Time } from './Time';

interface Props {
    rows: Delivery[];
    // Where a delivery's own page is: the dashboard's or the portal's.
    hrefOf: (row: Delivery) => string;
    // On an endpoint's page all rows have the same.
    hasEndpoint?: boolean;
}

// One row for each delivery. Failed ones have a button to try again; the event type leads to the details.
export function DeliveryTable({ rows, hrefOf, hasEndpoint = true }: Props) {
    const [, navigate] = useLocation();
    return (
        <Table.ScrollContainer minWidth={640}>
            <Table highlightOnHover verticalSpacing="xs" aria-label="Deliveries" className="data">
                <Table.Thead>
                    <Table.Tr>
                        {hasEndpoint && <Table.Th>Endpoint</Table.Th>}
                        <Table.Th>Event type</Table.Th>
                        <Table.Th>Status</Table.Th>
                        <Table.Th className="number">Attempts</Table.Th>
                        <Table.Th>Last attempt</Table.Th>
                        <Table.Th>Created</Table.Th>
                        <Table.Th><span className="hidden-text">Actions</span></Table.Th>
                    </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                    {rows.map((row) => (
                        <Table.Tr key={`${row.msgId}/${row.endpointId}`} className="clickable" data-msg={row.msgId}
                            onClick={(event) => !(event.target as Element).closest('a, button') && navigate(hrefOf(row))}>
                            {hasEndpoint && (
                                <Table.Td className="wide">
                                    {row.endpointName && row.endpointName !== row.url && <div className="strong ellipsis">{row.endpointName}</div>}
                                    <div className={row.endpointName ? 'muted ellipsis' : 'ellipsis'} title={row.url}>{row.url}</div>
                                </Table.Td>
                            )}
                            <Table.Td><Link href={hrefOf(row)} className="link">{row.eventType || '(none)'}</Link></Table.Td>
                            <Table.Td><StatusBadge status={row.status} /></Table.Td>
                            <Table.Td className="number">{row.attemptCount}</Table.Td>
                            <Table.Td><Time at={row.lastAttemptAt} none="none yet" /></Table.Td>
                            <Table.Td><Time at={row.createdAt} /></Table.Td>
                            <Table.Td className="actions">
                                {row.status === 'failed' && <RetryButton msgId={row.msgId} endpointId={row.endpointId} />}
                            </Table.Td>
                        </Table.Tr>
                    ))}
                </Table.Tbody>
            </Table>
        </Table.ScrollContainer>
    );
}
