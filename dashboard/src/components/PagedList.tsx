import { Button, Group } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Page } from '../api/types';
import { Empty, ErrorNote, Loading } from './States';

interface Props<T> {
    // Of the rows, filters included.
    queryKey: readonly unknown[];
    load: (iterator: string | null, signal: AbortSignal) => Promise<Page<T>>;
    what: string;
    empty: ReactNode;
    children: (rows: T[]) => ReactNode;
}

// Pages of a list, by the server's iterators: forwards by the answer's, backwards by those that were used before. A new filter
// begins on the first page; what was shown stays until the answer is there.
export function PagedList<T>({ queryKey, load, what, empty, children }: Props<T>) {
    const key = JSON.stringify(queryKey);
    const [at, setAt] = useState<{ key: string; trail: (string | null)[] }>({ key, trail: [null] });
    const trail = at.key === key ? at.trail : [null];
    const setTrail = (next: (string | null)[]) => setAt({ key, trail: next });
    const iterator = trail[trail.length - 1] ?? null;
    const list = useQuery({
        queryKey: [...queryKey, iterator],
        queryFn: ({ signal }) => load(iterator, signal),
        placeholderData: keepPreviousData,
    });
    if (list.isPending) return <Loading what={what} />;
    if (!list.data) return <ErrorNote error={list.error} onRetry={() => list.refetch()} />;
    const { data: rows, iterator: next, done } = list.data;
    return (
        <>
            {list.error && <ErrorNote error={list.error} onRetry={() => list.refetch()} />}
            {rows.length > 0 ? children(rows) : done && trail.length === 1 ? empty : <Empty title="Nothing here; go on to the next page." />}
            {(trail.length > 1 || !done) && (
                <Group component="nav" justify="center" mt="md" aria-label="Pages">
                    <Button variant="default" size="xs" disabled={trail.length === 1} onClick={() => setTrail(trail.slice(0, -1))}>
                        Newer
                    </Button>
                    <span className="muted">Page {trail.length}</span>
                    <Button variant="default" size="xs" disabled={done || !next} onClick={() => setTrail([...trail, next])}>
                        Older
                    </Button>
                </Group>
            )}
        </>
    );
}
