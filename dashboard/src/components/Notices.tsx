import { Notification } from '@mantine/core';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { messageOf } from '../api/faults';

interface Notice {
    id: number;
    text: string;
    isError: boolean;
}

interface Notices {
    error: (error: unknown) => void;
    done: (text: string) => void;
}

const Context = createContext<Notices>({ error: () => {}, done: () => {} });

// Says at the edge of the page what became of something: good news for a few seconds, bad news until it is closed.
export const useNotice = (): Notices => useContext(Context);

const GOOD_NEWS_MS = 5_000;
const SHOWN_MAX = 4;

export function NoticeProvider({ children }: { children: ReactNode }) {
    const [shown, setShown] = useState<Notice[]>([]);
    const close = useCallback((id: number) => setShown((all) => all.filter((one) => one.id !== id)), []);
    const notices = useMemo(() => {
        let next = 0;
        const show = (text: string, isError: boolean) => {
            const id = next++;
            setShown((all) => [...all, { id, text, isError }].slice(-SHOWN_MAX));
            if (!isError) setTimeout(() => close(id), GOOD_NEWS_MS);
        };
        return { error: (error: unknown) => show(messageOf(error), true), done: (text: string) => show(text, false) };
    }, [close]);
    return (
        <Context.Provider value={notices}>
            {children}
            <div className="notices" role="status" aria-live="polite">
                {shown.map(({ id, text, isError }) => (
                    <Notification key={id} color={isError ? 'red' : 'teal'} title={isError ? 'That did not work' : undefined}
                        withBorder onClose={() => close(id)} closeButtonProps={{ 'aria-label': 'Close' }}>
                        {text}
                    </Notification>
                ))}
            </div>
        </Context.Provider>
    );
}
