import { DeliveryList } from '../components/DeliveryList';
import { PageHeader } from '../components/PageHeader';
import { Empty } from '../components/States';
import { LiveIndicator } from '../live/LiveProvider';
import { hrefOfDelivery } from '../lib/links';

export default function Deliveries() {
    return (
        <>
            <PageHeader title="Deliveries" actions={<LiveIndicator />}>What was sent to whom, newest first.</PageHeader>
            <DeliveryList hrefOf={hrefOfDelivery}
                empty={<Empty title="No deliveries yet">The overview shows how to send the first event.</Empty>} />
        </>
    );
}
