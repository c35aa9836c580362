/**
 * Money is counted in whole cents and is a decimal only at the edges. The limits keep every sum exact: a batch of 10,000 lines of
 * {@link maxLineCents} is 10^15 cents, up to which a double tells every cent from the next.
 */

/** The most that one line of an order may cost. */
export const maxLineCents = 100_000_000_000;

/** The highest price of one piece. */
export const maxPriceCents = maxLineCents - 1;

/** The number that JSON shows with at most two decimals: 2997 cents are 29.97. */
export function toAmount(cents: number): number {
  return cents / 100;
}

/** The cents of an amount that {@link toAmount} made. */
export function toCents(amount: number): number {
  return Math.round(amount * 100);
}

/** The cents of a price written as `9`, `9.9` or `9.99`; undefined when it is written otherwise or above {@link maxPriceCents}. */
export function parsePrice(text: string): number | undefined {
  const match = /^(?<whole>\d{1,9})(?:\.(?<cents>\d{1,2}))?$/u.exec(text);
  if (!match) return undefined;
  const { whole, cents = '' } = match.groups ?? {};
  return Number(whole) * 100 + Number(cents.padEnd(2, '0'));
}
