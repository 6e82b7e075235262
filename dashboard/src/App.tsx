import { lazy, Suspense } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { Empty, Loading } from './components/States';
import { Layout } from './layout/Layout';
import { LiveProvider } from './live/LiveProvider';
import { SessionGate } from './session/SessionGate';
import { SignIn } from './session/SignIn';

const Overview = lazy(() => import('./pages/Overview'));
const Deliveries = lazy(() => import('./pages/Deliveries'));
const Delivery = lazy(() => import('./pages/Delivery'));
const Endpoints = lazy(() => import('./pages/Endpoints'));
const Endpoint = lazy(() => import('./pages/Endpoint'));
const DeadLetters = lazy(() => import('./pages/DeadLetters'));
const Applications = lazy(() => import('./pages/Applications'));
const EventTypes = lazy(() => import('./pages/EventTypes'));
const Members = lazy(() => import('./pages/Members'));
const ApiKeys = lazy(() => import('./pages/ApiKeys'));
const AuditLog = lazy(() => import('./pages/AuditLog'));
const MyAccount = lazy(() => import('./pages/MyAccount'));
const SetUp = lazy(() => import('./pages/SetUp'));

function Pages() {
    return (
        <Suspense fallback={<Loading what="the page" />}>
            <Switch>
                <Route path="/dashboard/deliveries/:msgId/:endpointId">{(ids) => <Delivery {...ids} />}</Route>
                <Route path="/dashboard/deliveries" component={Deliveries} />
                <Route path="/dashboard/endpoints/:id">{({ id }) => <Endpoint key={id} id={id} />}</Route>
                <Route path="/dashboard/endpoints" component={Endpoints} />
                <Route path="/dashboard/dead-letters" component={DeadLetters} />
                <Route path="/dashboard/applications" component={Applications} />
                <Route path="/dashboard/event-types" component={EventTypes} />
                <Route path="/dashboard/users" component={Members} />
                <Route path="/dashboard/api-keys" component={ApiKeys} />
                <Route path="/dashboard/audit" component={AuditLog} />
                <Route path="/dashboard/account" component={MyAccount} />
                <Route path="/dashboard" component={Overview} />
                <Route path="/" component={Overview} />
                <Route><Empty title="There is no such page">Choose one from the menu.</Empty></Route>
            </Switch>
        </Suspense>
    );
}

// For servers that let everybody read; others ask on every page.
function SignInPage() {
    const [, navigate] = useLocation();
    return <SignIn onDone={() => navigate('/dashboard')} />;
}

export function App() {
    return (
        <Switch>
            <Route path="/dashboard/setup"><Suspense><SetUp /></Suspense></Route>
            <Route path="/dashboard/sign-in"><SignInPage /></Route>
            <Route>
                <SessionGate signIn={<SignIn />}>
                    <LiveProvider>
                        <Layout><Pages /></Layout>
                    </LiveProvider>
                </SessionGate>
            </Route>
        </Switch>
    );
}
