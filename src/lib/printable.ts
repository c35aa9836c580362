// Control characters; those that show nothing, such as U+200B, a byte order mark or tags; those that turn the order of others round, such as
// U+202E; ends of lines and paragraphs; fillers.
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u115f\u1160\u3164\uffa0]/gu;

/** A name from a file system as one harmless line: what is invisible in it could steer a terminal, or show another name than it is. */
export function printable(text: string): string {
  return text.replace(invisible, '\uFFFD');
}

/** The same of a text of several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** A value as JSON for a terminal or a log: exact, with what is invisible written as `\u202e`. */
export function printableJson(value: unknown): string {
  return escapeInvisible(JSON.stringify(value));
}

/** JSON without line breaks in it, with what is invisible escaped. */
export function escapeInvisible(json: string): string {
  return json.replace(invisible, (characters) =>
    Array.from({ length: characters.length }, (_, i) => unitOf(characters.charCodeAt(i))).join(''),
  );
}

function unitOf(code: number): string {
  return String.raw`\u${code.toString(16).padStart(4, '0')}`;
}
