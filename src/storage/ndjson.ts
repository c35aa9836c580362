import { crc32 } from 'node:zlib';

const checkField = ',"check":"';
const checkDigits = 8;
// The field, its digits, and the ends of text and object.
const checkLength = checkField.length + checkDigits + 2;

/** Newline-delimited JSON: one value a line, so that a part of a blob can be read by its byte range. */
export function toNdjson(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

/** The lines of that, each with its end and, as the last field of its object, a checksum: so a range of a blob is checked as the whole is. */
export function toCheckedLines(values: readonly object[]): string[] {
  return values.map((value) => {
    const text = JSON.stringify(value);
    return `${text.slice(0, -1)}${checkField}${checkOf(text)}"}\n`;
  });
}

/** Whether any line of a text has a checksum; within a value, the field's quotes would be escaped. */
export function carriesChecks(text: string): boolean {
  return text.includes(checkField);
}

/** The values without the checksums. Throws a SyntaxError when a line is not JSON, or not what its checksum was made of, or is cut short. */
export function parseNdjson<T>(text: string): T[] {
  if (text !== '' && !text.endsWith('\n')) throw new SyntaxError('the last line is cut short');
  return splitLines(text).map((line) => JSON.parse(withoutCheck(line)) as T);
}

/** The lines of a text, each with its end, without empty ones. Names may hold other characters that end a line elsewhere. */
export function splitLines(text: string): string[] {
  return text.match(/[^\n]+\n?/gu) ?? [];
}

function withoutCheck(line: string): string {
  const at = line.length - 1 - checkLength;
  if (!line.startsWith(checkField, at)) return line;
  const text = `${line.slice(0, at)}}`;
  const end = `${checkField}${checkOf(text)}"}\n`;
  if (!line.endsWith(end)) throw new SyntaxError('a line is not what its checksum was made of');
  return text;
}

/** Of any text; in eight hexadecimal digits. */
export function checkOf(text: string): string {
  return crc32(text).toString(16).padStart(checkDigits, '0');
}
