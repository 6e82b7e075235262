import { CloseButton } from '@mantine/core';
import { type ReactNode, useEffect, useId, useRef } from 'react';

interface Props {
    title: string;
    onClose: () => void;
    children: ReactNode;
}

// The browser's own modal dialog: it keeps the focus within, closes with Escape, and gives the focus back. (Those of the component
// library write style elements, which the page's policy forbids.)
export function Dialog({ title, onClose, children }: Props) {
    const element = useRef<HTMLDialogElement>(null);
    const heading = useId();
    useEffect(() => {
        const shown = element.current;
        if (!shown || shown.open) return;
        shown.showModal();
        shown.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    }, []);
    return (
        <dialog ref={element} className="dialog" aria-labelledby={heading} onClose={onClose}
            onMouseDown={(event) => event.target === element.current && element.current?.close()}>
            <div className="dialog-body">
                <header>
                    <h2 id={heading}>{title}</h2>
                    <CloseButton aria-label="Close" onClick={() => element.current?.close()} />
                </header>
                {children}
            </div>
        </dialog>
    );
}
