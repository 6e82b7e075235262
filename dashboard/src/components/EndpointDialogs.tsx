// Changing and deleting an endpoint, each by the way of the API that made it: a mailbox has other members than a subscription.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { mailboxes, native, subscriptions } from '../api/routes';
import type { EndpointRow } from '../api/types';
import { uuidOf } from '../lib/ids';
import { Confirm } from './Confirm';
import { Dialog } from './Dialog';
import { EndpointForm } from './EndpointForm';
import { MailboxForm } from './MailboxForm';
import { ErrorNote, Loading } from './States';
import { SubscriptionForm } from './SubscriptionForm';

interface Props {
    row: EndpointRow;
    onClose: () => void;
}

function EditNative({ row, onClose }: Props) {
    const shown = useQuery({ queryKey: ['endpoint', row.id], queryFn: ({ signal }) => native.endpoint(row.appId, row.id, signal), gcTime: 0 });
    if (shown.data) return <EndpointForm appId={row.appId} endpoint={shown.data} onClose={onClose} />;
    return <Dialog title="Change the endpoint" onClose={onClose}>{shown.error ? <ErrorNote error={shown.error} /> : <Loading what="the endpoint" />}</Dialog>;
}

export function EditEndpoint({ row, onClose }: Props) {
    if (row.api === 'mailboxes') return <MailboxForm id={uuidOf(row.id)} onClose={onClose} />;
    if (row.api === 'subscriptions') return <SubscriptionForm row={row} onClose={onClose} />;
    return <EditNative row={row} onClose={onClose} />;
}

function remove(row: EndpointRow): Promise<void> {
    if (row.api === 'mailboxes') return mailboxes.remove(uuidOf(row.id));
    if (row.api === 'subscriptions') return subscriptions.remove(uuidOf(row.id));
    return native.deleteEndpoint(row.appId, row.id);
}

export function DeleteEndpoint({ row, onClose, onDeleted }: Props & { onDeleted: () => void }) {
    const queries = useQueryClient();
    const confirmed = async () => {
        await remove(row);
        onDeleted();
        await queries.invalidateQueries({ queryKey: ['endpoints'] });
    };
    return (
        <Confirm title="Delete this endpoint?" action="Delete" onConfirm={confirmed} onClose={onClose}>
            What waits for <span className="strong break">{row.name || row.url}</span> is cancelled. What was delivered stays in the list.
        </Confirm>
    );
}
