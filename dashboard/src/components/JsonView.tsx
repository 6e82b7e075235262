import { pretty } from '../lib/json';
import { CodeBlock } from './Copy';

// A payload as it is: JSON, bytes in base64, or gone.
export function PayloadView({ payload }: { payload: unknown }) {
    if (payload === null || payload === undefined) return <p className="muted">The payload was deleted, or its time was over.</p>;
    const isBytes = typeof payload === 'object' && Object.keys(payload).length === 1 && 'base64' in payload;
    return isBytes ? (
        <CodeBlock label="Payload, in base64" text={String((payload as { base64: unknown }).base64)} />
    ) : (
        <CodeBlock label="Payload" text={pretty(payload)} />
    );
}
