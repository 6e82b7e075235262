import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter';
import { setCredentials } from '../api/client';
import { native } from '../api/routes';
import { DeliveryList } from '../components/DeliveryList';
import { DeliveryView } from '../components/DeliveryView';
import { useNotice } from '../components/Notices';
import { PageHeader } from '../components/PageHeader';
import { Empty } from '../components/States';
import { ThemeButton } from '../layout/ThemeButton';
import { LiveIndicator, LiveProvider } from '../live/LiveProvider';
import { portalSession, SessionContext } from '../session/access';
import { PortalEndpoint } from './PortalEndpoint';
import { PortalEndpoints } from './PortalEndpoints';
import { hrefOfDelivery, hrefOfEndpoint } from './links';
import { forgetToken, type PortalToken, takeToken } from './token';

function Leave({ onLeave }: { onLeave: () => void }) {
    const notice = useNotice();
    const leave = useMutation({ mutationFn: native.logout, onSuccess: onLeave, onError: notice.error });
    return <Button size="compact-sm" variant="default" loading={leave.isPending} onClick={() => leave.mutate()}>Sign out</Button>;
}

const TABS = [
    { href: '/portal', label: 'Endpoints' },
    { href: '/portal/deliveries', label: 'Deliveries' },
];

function Header({ onLeave }: { onLeave: () => void }) {
    const [path] = useLocation();
    return (
        <header className="portal-header">
            <span className="strong">Webhooks</span>
            <nav aria-label="Main">
                {TABS.map(({ href, label }) => (
                    <Link key={href} href={href} aria-current={(href === '/portal' ? !path.startsWith('/portal/deliveries') : path.startsWith(href)) ? 'page' : undefined}>{label}</Link>
                ))}
            </nav>
            <span className="push"><LiveIndicator /></span>
            <ThemeButton />
            <Leave onLeave={onLeave} />
        </header>
    );
}

function Pages({ appId }: { appId: string }) {
    return (
        <Switch>
            <Route path="/portal/endpoints/:id">{({ id }) => <PortalEndpoint key={id} appId={appId} id={id} />}</Route>
            <Route path="/portal/deliveries/:msgId/:endpointId">
                {(ids) => (
                    <DeliveryView {...ids} back={{ href: '/portal/deliveries', label: 'Deliveries' }}
                        endpointLink={(shown) => <Link href={hrefOfEndpoint(shown.endpointId)} className="link">{shown.endpointName || shown.url}</Link>} />
                )}
            </Route>
            <Route path="/portal/deliveries">
                <PageHeader title="Deliveries">What was sent to your endpoints, newest first.</PageHeader>
                <DeliveryList within={{ appId }} hrefOf={hrefOfDelivery} />
            </Route>
            <Route path="/portal"><PortalEndpoints appId={appId} /></Route>
            <Route><Redirect to="/portal" replace /></Route>
        </Switch>
    );
}

function useToken(): [PortalToken | null, () => void] {
    const [token, setToken] = useState(() => {
        const taken = takeToken();
        setCredentials({ bearer: taken?.text });
        return taken;
    });
    const leave = () => {
        forgetToken();
        setCredentials({});
        setToken(null);
    };
    return [token, leave];
}

// The page of one application's customer: their endpoints and deliveries, as far as their token allows.
export function Portal() {
    const [token, leave] = useToken();
    const session = useMemo(() => portalSession(token?.capabilities ?? null), [token]);
    if (!token)
        return (
            <main className="centered">
                <Empty title="Open the link you were given">It carries the key to your webhooks, and it was good for a time. Ask for a new one if it has ended.</Empty>
            </main>
        );
    return (
        <SessionContext.Provider value={session}>
            <LiveProvider appId={token.application}>
                <Header onLeave={leave} />
                <main className="portal"><Pages appId={token.application} /></main>
            </LiveProvider>
        </SessionContext.Provider>
    );
}
