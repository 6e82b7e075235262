import { Button, useMantineColorScheme } from '@mantine/core';

const NEXT = { auto: 'dark', dark: 'light', light: 'auto' } as const;

export function ThemeButton() {
    const { colorScheme, setColorScheme } = useMantineColorScheme();
    return (
        <Button variant="subtle" color="gray" size="compact-xs" aria-label={`Colours: ${colorScheme}. Change`}
            onClick={() => setColorScheme(NEXT[colorScheme])}>
            Theme: {colorScheme}
        </Button>
    );
}
