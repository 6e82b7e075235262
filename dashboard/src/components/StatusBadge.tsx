import type { DeliveryStatus, Health } from '../api/types';

type Tone = 'good' | 'bad' | 'wait' | 'off';

const TONES: Record<DeliveryStatus | Health | 'paused' | 'active', Tone> = {
    delivered: 'good',
    failed: 'bad',
    pending: 'wait',
    cancelled: 'off',
    healthy: 'good',
    suspect: 'wait',
    unhealthy: 'bad',
    paused: 'off',
    active: 'good',
};

// What became of a delivery, or how an endpoint is: a word, and a colour for those who see it.
export function StatusBadge({ status, label = status }: { status: keyof typeof TONES; label?: string }) {
    return (
        <span className={`badge badge-${TONES[status]}`} data-status={status}>
            {label}
        </span>
    );
}
