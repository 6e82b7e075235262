// A parser of text/event-stream, fed with the pieces as they come, and the pauses between attempts to connect. Pure.

export interface StreamEvent {
    name: string;
    data: string;
}

export class EventStreamParser {
    private rest = '';
    private name = '';
    private data: string[] = [];

    // The events that this piece completes.
    push(piece: string): StreamEvent[] {
        const lines = (this.rest + piece).split(/\r\n|\n|\r(?!$)/);
        this.rest = lines.pop() ?? '';
        return lines.flatMap((line) => this.take(line));
    }

    private take(line: string): StreamEvent[] {
        if (line === '') return this.finish();
        const colon = line.indexOf(':');
        const field = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
        if (field === 'event') this.name = value;
        if (field === 'data') this.data.push(value);
        return [];
    }

    private finish(): StreamEvent[] {
        const event = { name: this.name || 'message', data: this.data.join('\n') };
        const isComplete = this.data.length > 0;
        this.name = '';
        this.data = [];
        return isComplete ? [event] : [];
    }
}

const PAUSE_FIRST_MS = 1_000;
const PAUSE_MAX_MS = 30_000;

// Twice as long each time, up to half a minute, and up to a quarter longer, so that all browsers do not come back together.
export function pauseBefore(attempt: number, random: number): number {
    const pause = Math.min(PAUSE_FIRST_MS * 2 ** Math.min(attempt, 10), PAUSE_MAX_MS);
    return Math.round(pause * (1 + random / 4));
}
