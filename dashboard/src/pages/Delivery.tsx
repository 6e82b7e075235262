import { Link } from 'wouter';
import { DeliveryView } from '../components/DeliveryView';
import { hrefOfEndpoint } from '../lib/links';

export default function Delivery({ msgId, endpointId }: { msgId: string; endpointId: string }) {
    return (
        <DeliveryView msgId={msgId} endpointId={endpointId} back={{ href: '/dashboard/deliveries', label: 'Deliveries' }}
            endpointLink={(shown) => <Link href={hrefOfEndpoint(shown.endpointId)} className="link">{shown.endpointName || shown.endpointId}</Link>} />
    );
}
