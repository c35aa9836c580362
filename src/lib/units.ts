/** A time in ISO 8601 to the second, without marks: `20261121T061003Z`. */
export function compactTime(time: string): string {
  return time.replace(/[-:]|\.\d+/gu, '');
}

const bytesOf: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };
// Less would be hours for a block. Elsewhere a bare number counts KiB: one that was meant so is told here.
const least = 1024;
// Beyond any network, and far from where numbers lose their last digits.
const most = 1024 ** 4;

/** Bytes per second. */
export const byteRateBounds = [least, most] as const;

export const byteRateHelp =
  'must be bytes per second from 1KiB to 1024GiB, as a number or with the unit K, M or G (of 1024): 10MiB, 500KiB, 1.5M';

/** Whether a number of bytes per second is one that a limit can be. */
function isByteRate(rate: unknown): rate is number {
  return typeof rate === 'number' && rate >= least && rate <= most;
}

/** `10MiB`, `500K` or `1048576`, each per second, in bytes per second; undefined when it is none, or out of bounds. */
export function parseByteRate(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d{1,15}(?:\.\d{1,6})?)\s*(?:([KMG])(?:iB?)?|B)?(?:\/s)?$/iu.exec(text.trim()) ?? [];
  const rate = Math.floor(Number(number) * (bytesOf[unit.toUpperCase()] ?? Number.NaN));
  return isByteRate(rate) ? rate : undefined;
}

const units = ['', 'K', 'M', 'G', 'T'];

export const byteSizeHelp = 'must be bytes, as a number or with the unit K, M, G or T (of 1024): 100MiB, 500K, 1.5G';

/** `100MiB`, `500K` or `1048576`, in bytes; undefined when it is none, or too large to be counted. */
export function parseByteSize(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d{1,15}(?:\.\d{1,6})?)\s*(?:([KMGT])(?:iB?|B)?|B)?$/iu.exec(text.trim()) ?? [];
  const size = Math.floor(Number(number) * 1024 ** units.indexOf(unit.toUpperCase()));
  return Number.isSafeInteger(size) ? size : undefined;
}

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

const sharePattern = /^(\d+(?:\.\d+)?|\.\d+)\s*(%?)$/u;

export const shareRule = 'a share above 0 and at most 100%, such as 5%';

/** `5%` or `0.05`: above 0 and at most 1; undefined when the text is no such share. */
export function parseShare(text: string): number | undefined {
  const [, number = '', percent] = sharePattern.exec(text.trim()) ?? [];
  const value = percent === '%' ? Number(number) / 100 : Number(number);
  return number !== '' && value > 0 && value <= 1 ? value : undefined;
}
