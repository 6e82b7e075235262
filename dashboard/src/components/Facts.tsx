import type { ReactNode } from 'react';

// Names and values of one thing; what is not there is left out.
export function Facts({ rows }: { rows: [name: string, value: ReactNode][] }) {
    return (
        <dl className="facts">
            {rows.filter(([, value]) => value !== null && value !== undefined && value !== '').map(([name, value]) => (
                <div key={name}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                </div>
            ))}
        </dl>
    );
}
