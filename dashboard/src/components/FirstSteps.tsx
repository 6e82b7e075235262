import { Button } from '@mantine/core';
import { useSession } from '../session/access';
import { CodeBlock } from './Copy';

// What a newcomer does first; the commands work as they stand, in this order.
export function FirstSteps({ onTest }: { onTest: () => void }) {
    const { account } = useSession();
    const origin = window.location.origin;
    const key = account ? ` \\\n     -H "Authorization: Bearer $API_KEY"` : '';
    return (
        <section className="panel" aria-label="First steps">
            <h2>Your first delivery, in three steps</h2>
            <ol className="steps">
                <li>
                    Start a receiver that prints what it gets, on the server's machine.
                    <CodeBlock label="A receiver" text="posthaste listen --port 9000" />
                </li>
                <li>
                    Tell the server of it{account && <>, with a key from “API keys” in <code>API_KEY</code></>}.
                    <CodeBlock label="An endpoint" text={`curl -X POST ${origin}/subscriptions/${key} \\\n     -H "Content-Type: application/json" \\\n     -d '{"target_url": "http://localhost:9000/webhook"}'`} />
                </li>
                <li>
                    Hand in an event, with the <code>id</code> that the second step answered. It appears under “Deliveries” at once.
                    <CodeBlock label="An event" text={`curl -X POST ${origin}/webhooks/ingest/SUBSCRIPTION_ID${key} \\\n     -H "Content-Type: application/json" \\\n     -d '{"event": "user.created", "data": {"id": 123}}'`} />
                </li>
            </ol>
            <p className="muted">Or without a terminal: <Button size="compact-sm" variant="light" onClick={onTest}>Send a test event</Button></p>
        </section>
    );
}
