import { Button } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';
import { Link, useLocation } from 'wouter';
import icon from '../icon.svg';
import { useSession } from '../session/access';
import { ThemeButton } from './ThemeButton';
import { UserMenu } from './UserMenu';

interface Item {
    href: string;
    label: string;
    // Accounts are for those who manage, and only with a login.
    isForManagers?: boolean;
}

const GROUPS: { title: string; items: Item[] }[] = [
    {
        title: 'Watch',
        items: [
            { href: '/dashboard', label: 'Overview' },
            { href: '/dashboard/deliveries', label: 'Deliveries' },
            { href: '/dashboard/dead-letters', label: 'Dead letters' },
        ],
    },
    {
        title: 'Configure',
        items: [
            { href: '/dashboard/endpoints', label: 'Endpoints' },
            { href: '/dashboard/applications', label: 'Applications' },
            { href: '/dashboard/event-types', label: 'Event types' },
        ],
    },
    {
        title: 'People and programs',
        items: [
            { href: '/dashboard/users', label: 'Users', isForManagers: true },
            { href: '/dashboard/api-keys', label: 'API keys', isForManagers: true },
            { href: '/dashboard/audit', label: 'Audit log', isForManagers: true },
        ],
    },
];

// The build names it in the page; Vite's own server has none.
const licences = () => document.querySelector<HTMLLinkElement>('link[rel=license]')?.href ?? '/docs';

const isCurrent = (href: string, path: string) => (href === '/dashboard' ? path === '/' || path === href : path.startsWith(href));

function Menu() {
    const [path] = useLocation();
    const { account, rights } = useSession();
    const isManager = account !== null && account.applicationId === null && rights.has('manage');
    return GROUPS.map(({ title, items }) => {
        const shown = items.filter(({ isForManagers }) => !isForManagers || isManager);
        return shown.length === 0 ? null : (
            <section key={title} aria-label={title}>
                <h2>{title}</h2>
                <ul>
                    {shown.map(({ href, label }) => (
                        <li key={href}>
                            <Link href={href} aria-current={isCurrent(href, path) ? 'page' : undefined}>{label}</Link>
                        </li>
                    ))}
                </ul>
            </section>
        );
    });
}

// The frame of all pages: the menu at the left, or above on narrow screens.
export function Layout({ children }: { children: ReactNode }) {
    const [path] = useLocation();
    const [isOpen, setOpen] = useState(false);
    useEffect(() => setOpen(false), [path]);
    return (
        <div className="layout">
            <a href="#content" className="skip">Skip to the content</a>
            <aside className={isOpen ? 'sidebar is-open' : 'sidebar'}>
                <div className="brand">
                    <Link href="/dashboard"><img src={icon} alt="" width="24" height="24" /> posthaste</Link>
                    <Button className="menu-button" variant="default" size="compact-sm" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
                        Menu
                    </Button>
                </div>
                <nav aria-label="Main"><Menu /></nav>
                <footer>
                    <UserMenu />
                    <div className="footer-links">
                        <a href="/docs">API</a>
                        <a href={licences()}>Licences</a>
                        <ThemeButton />
                    </div>
                </footer>
            </aside>
            <main id="content" tabIndex={-1}>{children}</main>
        </div>
    );
}
