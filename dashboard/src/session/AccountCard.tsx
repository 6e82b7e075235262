import { type ReactNode, useEffect } from 'react';
import icon from '../icon.svg';

export function AccountCard({ title, children }: { title: string; children: ReactNode }) {
    useEffect(() => {
        document.title = `${title} · posthaste`;
    }, [title]);
    return (
        <main className="centered">
            <div className="card">
                <p className="brand"><img src={icon} alt="" width="24" height="24" /> posthaste</p>
                <h1>{title}</h1>
                {children}
            </div>
        </main>
    );
}
