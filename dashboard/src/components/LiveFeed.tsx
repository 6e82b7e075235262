import { useCallback, useState } from 'react';
import { Link } from 'wouter';
import type { LiveEvent } from '../api/live';
import type { LiveAttempt } from '../api/types';
import { hrefOfDelivery } from '../lib/links';
import { plural } from '../lib/numbers';
import { duration } from '../lib/time';
import { useLiveEvents } from '../live/LiveProvider';
import { StatusBadge } from './StatusBadge';
import { Time } from './Time';

const SHOWN_MAX = 12;

// The newest attempts, as the server tells of them.
export function LiveFeed() {
    const [attempts, setAttempts] = useState<LiveAttempt[]>([]);
    const [missed, setMissed] = useState(0);
    const listener = useCallback((event: LiveEvent) => {
        if (event.kind === 'attempt') setAttempts((all) => [event.attempt, ...all].slice(0, SHOWN_MAX));
        if (event.kind === 'missed') setMissed((all) => all + event.count);
    }, []);
    useLiveEvents(listener);
    return (
        <>
            <ol className="feed" aria-label="Newest attempts">
                {attempts.length === 0 && <li className="muted">Waiting for the next attempt.</li>}
                {attempts.map((attempt) => (
                    <li key={`${attempt.msgId}/${attempt.endpointId}/${attempt.number}`}>
                        <StatusBadge status={attempt.status} />
                        <Link href={hrefOfDelivery(attempt)} className="link ellipsis">{attempt.eventType || '(none)'}</Link>
                        <span className="muted nowrap">
                            #{attempt.number}: {attempt.statusCode ?? attempt.outcome.replaceAll('_', ' ')}, {duration(attempt.durationMs)}
                        </span>
                        <span className="muted push"><Time at={attempt.timestamp} /></span>
                    </li>
                ))}
            </ol>
            {missed > 0 && <p className="muted">{plural(missed, 'more attempt')} went by too fast to be shown.</p>}
        </>
    );
}
