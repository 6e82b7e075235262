// What a page shows when it has nothing to show: while it loads, when it cannot, and when there is nothing.

import { Alert, Button, Loader } from '@mantine/core';
import type { ReactNode } from 'react';
import { messageOf } from '../api/faults';

export function Loading({ what }: { what: string }) {
    return (
        <div className="state" role="status">
            <Loader size="sm" />
            <span>Loading {what}...</span>
        </div>
    );
}

interface ErrorProps {
    error: unknown;
    onRetry?: () => void;
}

export function ErrorNote({ error, onRetry }: ErrorProps) {
    return (
        <Alert color="red" variant="light" role="alert">
            <span className="error-text">{messageOf(error)}</span>
            {onRetry && (
                <Button size="compact-sm" variant="light" color="red" ml="md" onClick={onRetry}>Try again</Button>
            )}
        </Alert>
    );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
    return (
        <div className="state state-empty">
            <strong>{title}</strong>
            {children && <span>{children}</span>}
        </div>
    );
}
