// Two spellings of one id: "ep_000…" of the native API, and the UUID that the other APIs use. Pure.

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export function uuidOf(id: string): string {
    let value = 0n;
    for (const digit of id.slice(id.indexOf('_') + 1)) value = value * 62n + BigInt(DIGITS.indexOf(digit));
    const hex = value.toString(16).padStart(32, '0');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
