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
export function isByteRate(rate: unknown): rate is number {
  return typeof rate === 'number' && rate >= least && rate <= most;
}

/** `10MiB`, `500K` or `1048576`, each per second, in bytes per second; undefined when it is none, or out of bounds. */
export function parseByteRate(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d{1,15}(?:\.\d{1,6})?)\s*(?:([KMG])(?:iB?)?|B)?(?:\/s)?$/iu.exec(text.trim()) ?? [];
  const rate = Math.floor(Number(number) * (bytesOf[unit.toUpperCase()] ?? Number.NaN));
  return isByteRate(rate) ? rate : undefined;
}
