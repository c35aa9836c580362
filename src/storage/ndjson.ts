/** Newline-delimited JSON: one value a line, so that a part of a blob can be read by its byte range. */
export function toNdjson(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

/** Throws a SyntaxError when a line is not JSON. */
export function parseNdjson<T>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
