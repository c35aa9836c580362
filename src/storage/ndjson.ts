/** Newline-delimited JSON: one value a line, so that a part of a blob can be read by its byte range. */
export function toNdjson(values: readonly unknown[]): string {
  return toLines(values).join('');
}

/** The lines of that, each with its end. */
export function toLines(values: readonly unknown[]): string[] {
  return values.map((value) => `${JSON.stringify(value)}\n`);
}

/** Throws a SyntaxError when a line is not JSON. */
export function parseNdjson<T>(text: string): T[] {
  return splitLines(text).map((line) => JSON.parse(line) as T);
}

/** The lines of a text, each with its end, without empty ones. */
export function splitLines(text: string): string[] {
  return text.match(/.+\n?/gu) ?? [];
}
