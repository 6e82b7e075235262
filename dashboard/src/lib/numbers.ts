const plain = new Intl.NumberFormat('en');
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

// All digits up to a hundred thousand, then "1.2M".
export const count = (value: number): string => (Math.abs(value) < 100_000 ? plain : compact).format(value);

export const plural = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${value === 1 ? one : many}`;
