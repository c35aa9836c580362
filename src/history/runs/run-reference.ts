import { z } from 'zod';

const id = /^\d{8}T\d{6}Z-[0-9a-z]+$/u;
const time = z.iso.datetime({ offset: true });

/** How a person names a run. */
export type RunReference =
  | { readonly id: string }
  /** The last run that had begun by then, in milliseconds since 1970. */
  | { readonly startedBy: number };

/** Reads a run's id, `latest`, or a time in ISO 8601 with its zone; undefined when the text is none of these. */
export function parseRunReference(text: string): RunReference | undefined {
  if (text === 'latest') return { startedBy: Infinity };
  if (isRunId(text)) return { id: text };
  return time.safeParse(text).success ? { startedBy: Date.parse(text) } : undefined;
}

/** Whether a text has the form of a run's id, which is safe as a part of a blob's name. */
export function isRunId(text: string): boolean {
  return id.test(text);
}
