// What a form's text field with JSON in it holds.

export function parseObject(text: string): Record<string, unknown> {
    let value: unknown;
    try {
        value = JSON.parse(text);
    } catch (error) {
        throw new Error(`That is not JSON: ${(error as Error).message}`);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('A JSON object is needed: { … }');
    return value as Record<string, unknown>;
}

export const pretty = (value: unknown): string => JSON.stringify(value, null, 2);

// "order.created, order.paid" → ["order.created", "order.paid"]; nothing → null, which means all.
export function parseList(text: string): string[] | null {
    const items = text.split(/[\s,]+/).filter(Boolean);
    return items.length > 0 ? [...new Set(items)] : null;
}
