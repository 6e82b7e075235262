import { TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';

interface Props {
    value: string;
    onChange: (value: string) => void;
    label: string;
    placeholder: string;
}

const PAUSE_MS = 300;

// A text field that tells of its text when typing pauses.
export function SearchInput({ value, onChange, label, placeholder }: Props) {
    const [text, setText] = useState(value);
    const [told, setTold] = useState(value);
    if (value !== told) {
        // Changed from outside: filters were cleared, or the address was.
        setTold(value);
        setText(value);
    }
    useEffect(() => {
        if (text === value) return;
        const timer = setTimeout(() => {
            setTold(text);
            onChange(text);
        }, PAUSE_MS);
        return () => clearTimeout(timer);
    }, [text, value, onChange]);
    return <TextInput type="search" aria-label={label} placeholder={placeholder} value={text} onChange={(event) => setText(event.target.value)} />;
}
