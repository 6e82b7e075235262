import { createTheme, MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, StrictMode } from 'react';
import { NoticeProvider } from './components/Notices';

// Nothing is asked for on a timer: the live stream says when something has changed.
const queries = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: 0, refetchOnWindowFocus: true, networkMode: 'always' }, mutations: { networkMode: 'always' } },
});

const theme = createTheme({ cursorType: 'pointer' });

// What both pages stand in. The component library's variables are in its style sheets; it is told not to write style elements, which
// the page's policy forbids.
export function Frame({ children }: { children: ReactNode }) {
    return (
        <StrictMode>
            <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
                <QueryClientProvider client={queries}>
                    <NoticeProvider>{children}</NoticeProvider>
                </QueryClientProvider>
            </MantineProvider>
        </StrictMode>
    );
}
