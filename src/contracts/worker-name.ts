/**
 * A source is a name for the directories of a host. Activities of a job that names one run on a task queue that only workers with
 * that name serve, and so where the files are.
 */

export const sourcePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u;

/** What a source's name must be, to end a sentence. */
export const sourceRule = '1 to 64 letters, digits, dots, hyphens and underscores, the first a letter or digit';

/** Of the option `sourceTimeout`, in milliseconds. */
export const sourceTimeoutBounds = [1000, 7 * 24 * 3_600_000] as const;

export function isSource(text: unknown): text is string {
  return typeof text === 'string' && sourcePattern.test(text);
}

/** The task queue of a source. Nothing but the name makes it up, so it stays the same wherever the worker runs. */
export function sourceQueue(source: string): string {
  return `files@${source}`;
}
