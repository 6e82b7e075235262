import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react';

interface Tab {
    name: string;
    content: ReactNode;
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1 };

// One of several parts of a page; the arrow keys go from tab to tab.
export function Tabs({ tabs }: { tabs: Tab[] }) {
    const [chosen, setChosen] = useState(0);
    const list = useRef<HTMLDivElement>(null);
    const id = useId();
    const at = Math.min(chosen, tabs.length - 1);
    const move = (event: KeyboardEvent) => {
        const step = STEPS[event.key];
        if (!step) return;
        const next = (at + step + tabs.length) % tabs.length;
        setChosen(next);
        list.current?.querySelectorAll('button')[next]?.focus();
    };
    return (
        <>
            <div className="tabs" role="tablist" ref={list} onKeyDown={move}>
                {tabs.map(({ name }, index) => (
                    <button key={name} type="button" role="tab" id={`${id}-${index}`} aria-selected={index === at} aria-controls={`${id}-panel`}
                        tabIndex={index === at ? 0 : -1} onClick={() => setChosen(index)}>
                        {name}
                    </button>
                ))}
            </div>
            <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${at}`}>{tabs[at]?.content}</div>
        </>
    );
}
