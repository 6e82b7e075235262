import { useState } from 'react';
import type { Attempt } from '../api/types';
import { duration } from '../lib/time';
import { CodeBlock } from './Copy';
import { Empty } from './States';
import { Time } from './Time';

interface HeaderTableProps {
    title: string;
    rows: [name: string, value: string][];
    none: string;
    leftOut?: number;
}

// A name may come more than once.
function HeaderTable({ title, rows, none, leftOut = 0 }: HeaderTableProps) {
    return (
        <section>
            <h4>{title}</h4>
            {rows.length === 0 ? (
                leftOut === 0 && <p className="muted">{none}</p>
            ) : (
                <dl className="headers">
                    {rows.map(([name, value], index) => (
                        <div key={index}>
                            <dt>{name}</dt>
                            <dd>{value}</dd>
                        </div>
                    ))}
                </dl>
            )}
            {leftOut > 0 && <p className="muted">{leftOut} more did not fit into what is kept.</p>}
        </section>
    );
}

function noResponseHeaders({ responseHeaders, statusCode }: Attempt) {
    if (statusCode === null) return 'No response came.';
    return responseHeaders === null ? 'Not kept.' : 'None.';
}

const isGood = ({ statusCode }: Attempt) => statusCode !== null && statusCode >= 200 && statusCode < 300;

function AttemptDetails({ attempt }: { attempt: Attempt }) {
    return (
        <div className="attempt-details">
            {attempt.error && <p className="error-text">{attempt.error}</p>}
            <HeaderTable title="Request headers" rows={Object.entries(attempt.requestHeaders ?? {})} none="Not kept for this attempt." />
            <HeaderTable
                title="Response headers" none={noResponseHeaders(attempt)} leftOut={attempt.responseHeadersLeftOut}
                rows={(attempt.responseHeaders ?? []).map(({ name, value }) => [name, value])}
            />
            <section>
                <h4>Response</h4>
                {attempt.responseBody ? <CodeBlock label={`Response ${attempt.statusCode ?? ''}`} text={attempt.responseBody} /> : <p className="muted">No body.</p>}
            </section>
        </div>
    );
}

// Every request that was made for a delivery, newest first; the newest is open.
export function AttemptList({ attempts }: { attempts: Attempt[] }) {
    const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
    if (attempts.length === 0) return <Empty title="No attempt yet">The first one follows at once, or when the endpoint is resumed.</Empty>;
    return (
        <ol className="attempts">
            {attempts.map((attempt, index) => {
                const isOpen = toggled.get(attempt.id) ?? index === 0;
                return (
                    <li key={attempt.id}>
                        <button type="button" aria-expanded={isOpen} onClick={() => setToggled(new Map(toggled).set(attempt.id, !isOpen))}>
                            <span className="strong">Attempt {attempt.number}</span>
                            <span className={`badge badge-${isGood(attempt) ? 'good' : 'bad'}`}>{attempt.statusCode ?? attempt.outcome}</span>
                            <span>{duration(attempt.durationMs)}</span>
                            {attempt.trigger === 'manual' && <span className="badge badge-off">by hand</span>}
                            <span className="push"><Time at={attempt.timestamp} isLong /></span>
                        </button>
                        {isOpen && <AttemptDetails attempt={attempt} />}
                    </li>
                );
            })}
        </ol>
    );
}
