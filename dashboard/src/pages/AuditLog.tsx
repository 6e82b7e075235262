import { audit } from '../api/routes';
import type { AuditEntry } from '../api/types';
import { CodeBlock } from '../components/Copy';
import { DataTable } from '../components/DataTable';
import { NeedsLogin } from '../components/NeedsLogin';
import { PagedList } from '../components/PagedList';
import { PageHeader } from '../components/PageHeader';
import { SearchInput } from '../components/SearchInput';
import { Empty } from '../components/States';
import { Time } from '../components/Time';
import { useFilters } from '../lib/filters';
import { pretty } from '../lib/json';

const NAMES = ['actor', 'action', 'object'] as const;
const PLACEHOLDERS = { actor: 'user_…', action: 'endpoint.create', object: 'ep_…' };

function Change({ entry: { before, after } }: { entry: AuditEntry }) {
    if (!before && !after) return <span className="muted">–</span>;
    return (
        <details>
            <summary>{before && after ? 'Changed' : after ? 'Made' : 'Deleted'}</summary>
            {before && <CodeBlock label="Before" text={pretty(before)} />}
            {after && <CodeBlock label="After" text={pretty(after)} />}
        </details>
    );
}

export default function AuditLog() {
    const [filters, set] = useFilters(NAMES);
    return (
        <>
            <PageHeader title="Audit log">Who did what. It only grows, and tells when somebody edits it: <code>posthaste audit verify</code>.</PageHeader>
            <NeedsLogin>
                <div className="filters" role="search" aria-label="Filter the audit log">
                    {NAMES.map((name) => (
                        <SearchInput key={name} label={name} placeholder={`${name}: ${PLACEHOLDERS[name]}`} value={filters[name]} onChange={(text) => set(name, text)} />
                    ))}
                </div>
                <PagedList queryKey={['audit', filters]} load={(iterator, signal) => audit(filters, iterator, signal)} what="the audit log"
                    empty={<Empty title="No entries">None fits.</Empty>}>
                    {(rows) => (
                        <DataTable label="Audit log" rows={rows} keyOf={({ sequence }) => String(sequence)} columns={[
                            { title: 'When', cell: ({ at }) => <Time at={at} /> },
                            { title: 'Who', className: 'wide', cell: ({ actor, actorName, address }) => <><div className="ellipsis" title={actor}>{actorName || actor}</div><div className="muted">{address}</div></> },
                            { title: 'Did', cell: ({ action }) => <code>{action}</code> },
                            { title: 'To', className: 'wide', cell: ({ object }) => <div className="ellipsis" title={object}><code>{object}</code></div> },
                            { title: 'What', className: 'wide', cell: (entry) => <Change entry={entry} /> },
                        ]} />
                    )}
                </PagedList>
            </NeedsLogin>
        </>
    );
}
