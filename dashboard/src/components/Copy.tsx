import { Button } from '@mantine/core';
import { useState } from 'react';

const SAID_MS = 2_000;

// Browsers give scripts the clipboard on https and localhost only; elsewhere a selection is copied.
async function copy(text: string): Promise<void> {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = document.createElement('textarea');
    area.value = text;
    (document.querySelector('dialog[open]') ?? document.body).append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
}

export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
    const [said, setSaid] = useState('');
    const run = () =>
        copy(text)
            .then(() => setSaid('Copied'), () => setSaid('Not allowed'))
            .finally(() => setTimeout(() => setSaid(''), SAID_MS));
    return (
        <Button size="compact-xs" variant="subtle" color="gray" onClick={run} aria-live="polite">
            {said || label}
        </Button>
    );
}

// A text to copy, in the letters of programs.
export function CodeBlock({ text, label }: { text: string; label: string }) {
    return (
        <figure className="code">
            <figcaption>
                <span>{label}</span>
                <CopyButton text={text} />
            </figcaption>
            <pre tabIndex={0} aria-label={label}>
                <code>{text}</code>
            </pre>
        </figure>
    );
}
