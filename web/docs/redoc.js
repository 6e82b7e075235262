// ReDoc for every API of this server: the reference in one piece, with search.
Redoc.init(
    '/openapi.json',
    {
        hideHostname: true,
        nativeScrollbars: true,
        theme: {
            typography: {
                fontFamily: 'system-ui, sans-serif',
                headings: { fontFamily: 'system-ui, sans-serif' },
                code: { fontFamily: 'ui-monospace, monospace' },
            },
        },
    },
    document.getElementById('redoc'),
);
