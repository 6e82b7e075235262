import { Button, Checkbox, Group, Table } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { deliveries, resend } from '../api/routes';
import type { Delivery } from '../api/types';
import { Action } from '../components/Action';
import { useNotice } from '../components/Notices';
import { PagedList } from '../components/PagedList';
import { PageHeader } from '../components/PageHeader';
import { RetryButton } from '../components/RetryButton';
import { Empty } from '../components/States';
import { Time } from '../components/Time';
import { hrefOfDelivery, hrefOfEndpoint } from '../lib/links';
import { plural } from '../lib/numbers';
import { LiveIndicator } from '../live/LiveProvider';

const keyOf = ({ msgId, endpointId }: Delivery) => `${msgId}/${endpointId}`;
const FAILED = { status: ['failed'] };

function Row({ row, isChosen, onChoose }: { row: Delivery; isChosen: boolean; onChoose: (isChosen: boolean) => void }) {
    return (
        <Table.Tr data-msg={row.msgId}>
            <Table.Td>
                <Checkbox aria-label={`Choose ${row.eventType} for ${row.endpointName}`} checked={isChosen} onChange={(event) => onChoose(event.target.checked)} />
            </Table.Td>
            <Table.Td className="wide">
                <Link href={hrefOfEndpoint(row.endpointId)} className="link ellipsis">{row.endpointName || row.url}</Link>
                <div className="muted ellipsis">{row.url}</div>
            </Table.Td>
            <Table.Td><Link href={hrefOfDelivery(row)} className="link">{row.eventType || '(none)'}</Link></Table.Td>
            <Table.Td>{row.lastStatusCode ?? 'no answer'}</Table.Td>
            <Table.Td className="number">{row.attemptCount}</Table.Td>
            <Table.Td><Time at={row.lastAttemptAt} /></Table.Td>
            <Table.Td className="actions"><RetryButton msgId={row.msgId} endpointId={row.endpointId} /></Table.Td>
        </Table.Tr>
    );
}

interface RowsProps {
    rows: Delivery[];
}

// The rows of one page, of which some can be chosen.
function Rows({ rows }: RowsProps) {
    const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
    const queries = useQueryClient();
    const notice = useNotice();
    const picked = rows.filter((row) => chosen.has(keyOf(row)));
    const requeue = useMutation({
        mutationFn: async () => {
            for (const row of picked) await resend(row.msgId, row.endpointId);
        },
        onSuccess: () => notice.done(`${plural(picked.length, 'delivery', 'deliveries')} will be sent again.`),
        onError: notice.error,
        onSettled: () => {
            setChosen(new Set());
            return queries.invalidateQueries({ queryKey: ['deliveries'] });
        },
    });
    const choose = (key: string, isChosen: boolean) => {
        const next = new Set(chosen);
        if (isChosen) next.add(key);
        else next.delete(key);
        setChosen(next);
    };
    return (
        <>
            <Group mb="sm">
                <Button size="compact-sm" variant="default" onClick={() => setChosen(new Set(picked.length === rows.length ? [] : rows.map(keyOf)))}>
                    {picked.length === rows.length ? 'Choose none' : 'Choose all of this page'}
                </Button>
                <Action needs="operate" size="compact-sm" disabled={picked.length === 0} loading={requeue.isPending} onClick={() => requeue.mutate()}>
                    Send {picked.length > 0 ? plural(picked.length, 'chosen one', 'chosen ones') : 'the chosen ones'} again
                </Action>
            </Group>
            <Table.ScrollContainer minWidth={640}>
                <Table className="data" aria-label="Dead letters">
                    <Table.Thead>
                        <Table.Tr>
                            <Table.Th><span className="hidden-text">Chosen</span></Table.Th>
                            <Table.Th>Endpoint</Table.Th>
                            <Table.Th>Event type</Table.Th>
                            <Table.Th>Last answer</Table.Th>
                            <Table.Th className="number">Attempts</Table.Th>
                            <Table.Th>Last attempt</Table.Th>
                            <Table.Th><span className="hidden-text">Actions</span></Table.Th>
                        </Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                        {rows.map((row) => (
                            <Row key={keyOf(row)} row={row} isChosen={chosen.has(keyOf(row))} onChoose={(isChosen) => choose(keyOf(row), isChosen)} />
                        ))}
                    </Table.Tbody>
                </Table>
            </Table.ScrollContainer>
        </>
    );
}

// Deliveries all of whose attempts failed: to look at, and to send once more.
export default function DeadLetters() {
    return (
        <>
            <PageHeader title="Dead letters" actions={<LiveIndicator />}>
                Nothing is tried any more by itself. An endpoint's page, under “Send again”, takes all of that endpoint.
            </PageHeader>
            <PagedList queryKey={['deliveries', 'dead']} load={(iterator, signal) => deliveries(FAILED, iterator, signal)} what="dead letters"
                empty={<Empty title="No dead letters">Whatever failed was delivered in the end, or is still being tried.</Empty>}>
                {(rows) => <Rows rows={rows} />}
            </PagedList>
        </>
    );
}
