const milliseconds: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 24 * 3_600_000,
  w: 7 * 24 * 3_600_000,
};

/** Numbers with their units, the largest or the smallest first: `90s`, `1h30m`, `7d`. */
export const durationPattern = /^(?:\d{1,9}[smhdw])+$/u;

export const durationRule = 'a duration in weeks, days, hours, minutes and seconds, such as 26h, 1h30m or 7d';

/** The longest that anything waits, in milliseconds: ten years. */
export const longestWait = 3653 * 24 * 3_600_000;

/** `1h30m` in milliseconds; undefined when the text is none, or is nothing at all. A day is 24 hours. */
export function parseDuration(text: string): number | undefined {
  if (!durationPattern.test(text)) return undefined;
  const parts = text.matchAll(/(\d+)([smhdw])/gu);
  const sum = Array.from(parts, ([, count, unit = '']) => Number(count) * (milliseconds[unit] ?? 0));
  const whole = sum.reduce((all, part) => all + part, 0);
  return whole > 0 ? whole : undefined;
}

/** The shortest text of a duration by one unit: `26h`. */
export function durationText(duration: number): string {
  const unit = ['w', 'd', 'h', 'm', 's'].find((name) => duration > 0 && duration % (milliseconds[name] ?? 0) === 0);
  return unit === undefined ? `${duration}ms` : `${duration / (milliseconds[unit] ?? 1)}${unit}`;
}
