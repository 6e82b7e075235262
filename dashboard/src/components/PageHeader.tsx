import type { ReactNode } from 'react';
import { useEffect } from 'react';

interface Props {
    title: string;
    children?: ReactNode;
    actions?: ReactNode;
}

export function PageHeader({ title, children, actions }: Props) {
    useEffect(() => {
        document.title = `${title} · posthaste`;
    }, [title]);
    return (
        <header className="page-header">
            <div>
                <h1>{title}</h1>
                {children && <p className="muted">{children}</p>}
            </div>
            {actions && <div className="page-actions">{actions}</div>}
        </header>
    );
}
