import { z } from 'zod';

const id = /^\d{8}T\d{6}Z-[0-9a-z]+$/u;
const partOfId = /^(?:\d{1,8}|\d{8}T\d{0,6}|\d{8}T\d{6}Z(?:-[0-9a-z]{0,7})?)$/u;
const date = z.iso.date();
const time = z.iso.datetime({ offset: true });

/** How a person names a run. */
type RunReference =
  | { readonly id: string }
  /** Of an id: of which, the runs that there are tell. */
  | { readonly beginning: string }
  /** The last run that had begun by then, in milliseconds since 1970. */
  | { readonly startedBy: number };

/**
 * Reads a run's id, a beginning of one, `latest`, a date, which stands for the end of that day in UTC, or a time in ISO 8601 with its
 * zone; undefined when the text is none of these.
 */
export function parseRunReference(text: string): RunReference | undefined {
  if (text === 'latest') return { startedBy: Infinity };
  if (isRunId(text)) return { id: text };
  if (date.safeParse(text).success) return { startedBy: Date.parse(`${text}T23:59:59.999Z`) };
  if (time.safeParse(text).success) return { startedBy: Date.parse(text) };
  return mayBeginId(text) ? { beginning: text } : undefined;
}

/** Whether a text has the form of a run's id, which is safe as a part of a blob's name. */
export function isRunId(text: string): boolean {
  return id.test(text);
}

/** Whether a text may be an id of which the end is left out. */
export function mayBeginId(text: string): boolean {
  return partOfId.test(text);
}
