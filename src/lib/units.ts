import { z } from 'zod';

/**
 * Sizes, rates, durations and shares: as numbers, which is how they travel, and as people write them in the sources file, on the command
 * line and in variables. What such a number may be, its schema alone says.
 */

/** Reads what people write; `counted` makes a number of it, which has to be one of `schema`. */
function writtenAs<T extends string | number>(
  written: z.ZodType<T>,
  schema: z.ZodType<number>,
  counted: (text: string) => number,
  rule: string,
) {
  return written.transform((given, context) => {
    const { success, data } = schema.safeParse(counted(String(given)));
    if (success) return data;
    context.issues.push({ code: 'custom', message: rule, input: given });
    return z.NEVER;
  });
}

const textOrNumber = (rule: string) => z.union([z.number(), z.string()], rule);

// Less would be hours for a block. Elsewhere a bare number counts KiB: one that was meant so is told here.
const slowest = 1024;
// Beyond any network, and far from where numbers lose their last digits.
const fastest = 1024 ** 4;

const rateRule = `must be bytes per second, from ${slowest} to ${fastest}`;

/** A limit in bytes per second. */
export const byteRateSchema = z.number(rateRule).min(slowest, rateRule).max(fastest, rateRule);

const writtenRateRule =
  'must be bytes per second from 1KiB to 1024GiB, as a number or with the unit K, M or G (of 1024): 10MiB, 500KiB, 1.5M';

/** `10MiB`, `500K` or `1048576`, each per second. */
export const writtenByteRate = writtenAs(
  textOrNumber(writtenRateRule),
  byteRateSchema,
  (text) => bytesIn(/^(\d{1,15}(?:\.\d{1,6})?)\s*(?:([KMG])(?:iB?)?|B)?(?:\/s)?$/iu, text),
  writtenRateRule,
);

/** A size in bytes. */
export const byteSizeSchema = z.int().min(0);

const writtenSizeRule = 'must be bytes, as a number or with the unit K, M, G or T (of 1024): 100MiB, 500K, 1.5G';

/** `100MiB`, `500K` or `1048576`. */
export const writtenByteSize = writtenAs(
  textOrNumber(writtenSizeRule),
  byteSizeSchema,
  (text) => bytesIn(/^(\d{1,15}(?:\.\d{1,6})?)\s*(?:([KMGT])(?:iB?|B)?|B)?$/iu, text),
  writtenSizeRule,
);

const byteUnits = ['', 'K', 'M', 'G', 'T'];

/** Whole bytes of a number and its unit; NaN of any other text. */
function bytesIn(pattern: RegExp, text: string): number {
  const [, number, unit = ''] = pattern.exec(text.trim()) ?? [];
  return Math.floor(Number(number) * 1024 ** byteUnits.indexOf(unit.toUpperCase()));
}

const milliseconds: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 24 * 3_600_000,
  w: 7 * 24 * 3_600_000,
};

/** The longest that anything waits, in milliseconds: ten years. */
export const longestWait = 3653 * 24 * 3_600_000;

const durationRule = 'must be a duration in weeks, days, hours, minutes and seconds, such as 26h, 1h30m or 7d';

/** Numbers with their units, the largest or the smallest first: `90s`, `1h30m`, `7d`; in milliseconds. A day is 24 hours. */
export const writtenDuration = writtenAs(
  z.string(durationRule).regex(/^(?:\d{1,9}[smhdw])+$/u, durationRule),
  z.number().positive(),
  (text) => {
    const parts = text.matchAll(/(\d+)([smhdw])/gu);
    return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (milliseconds[unit] ?? 0), 0);
  },
  durationRule,
);

/** The shortest text of a duration by one unit: `26h`. */
export function durationText(duration: number): string {
  const unit = ['w', 'd', 'h', 'm', 's'].find((name) => duration > 0 && duration % (milliseconds[name] ?? 0) === 0);
  return unit === undefined ? `${duration}ms` : `${duration / (milliseconds[unit] ?? 1)}${unit}`;
}

/** A share of something, as a number. */
export const shareSchema = z
  .number('must be a share above 0 and at most 1, such as 0.05')
  .gt(0, 'must be above 0')
  .max(1, 'must be at most 1');

const writtenShareRule = 'must be a share above 0 and at most 100%, such as 5%';

/** `5%` or `0.05`. */
export const writtenShare = writtenAs(
  textOrNumber(writtenShareRule),
  shareSchema,
  (text) => {
    const [, number, percent] = /^(\d+(?:\.\d+)?|\.\d+)\s*(%?)$/u.exec(text.trim()) ?? [];
    return percent === '%' ? Number(number) / 100 : Number(number);
  },
  writtenShareRule,
);

/** A time in ISO 8601 to the second, without marks: `20261121T061003Z`. */
export function compactTime(time: string): string {
  return time.replace(/[-:]|\.\d+/gu, '');
}
