const units = ['', 'K', 'M', 'G', 'T'];

export const byteSizeHelp = 'must be bytes, as a number or with the unit K, M, G or T (of 1024): 100MiB, 500K, 1.5G';

/** `100MiB`, `500K` or `1048576`, in bytes; undefined when it is none, or too large to be counted. */
export function parseByteSize(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d{1,15}(?:\.\d{1,6})?)\s*(?:([KMGT])(?:iB?|B)?|B)?$/iu.exec(text.trim()) ?? [];
  const size = Math.floor(Number(number) * 1024 ** units.indexOf(unit.toUpperCase()));
  return Number.isSafeInteger(size) ? size : undefined;
}
