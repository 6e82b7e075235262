import { useCallback, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';

// Filters that live in the page's address: they survive a reload, and a link carries them.
export function useFilters<Name extends string>(
    names: readonly Name[],
): [Record<Name, string>, (name: Name, value: string) => void, () => void] {
    const search = useSearch();
    const [path, navigate] = useLocation();
    const filters = useMemo(() => {
        const parameters = new URLSearchParams(search);
        return Object.fromEntries(names.map((name) => [name, parameters.get(name) ?? ''])) as Record<Name, string>;
    }, [search, names]);
    const set = useCallback(
        (name: Name, value: string) => {
            const parameters = new URLSearchParams(search);
            if (value) parameters.set(name, value);
            else parameters.delete(name);
            const text = parameters.toString();
            navigate(text ? `${path}?${text}` : path, { replace: true });
        },
        [search, path, navigate],
    );
    const clear = useCallback(() => navigate(path, { replace: true }), [path, navigate]);
    return [filters, set, clear];
}
