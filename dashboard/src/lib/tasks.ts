// What a background task says of itself, in words. Pure.

import { count } from './numbers';

const NAMES: Record<string, string> = {
    messagesSent: 'Sent again',
    messagesExamined: 'Looked at',
    error: 'What went wrong',
    isCapped: 'Note',
};

const valueOf = (name: string, value: unknown): string => {
    if (name === 'isCapped') return 'There is more: start it once more.';
    return typeof value === 'number' ? count(value) : String(value);
};

export const factsOf = (data: Record<string, unknown>): [name: string, value: string][] =>
    Object.entries(data).filter(([name]) => name in NAMES).map(([name, value]) => [NAMES[name] ?? name, valueOf(name, value)]);
