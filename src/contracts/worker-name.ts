/**
 * A worker's name stands for the directories of a host. Activities of a job that gives one run on a task queue that only workers
 * with that name among their `WORKER_NAMES` serve, and so where the files are.
 */

export const workerNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u;

/** What a worker's name must be, to end a sentence. */
export const workerNameRule = '1 to 64 letters, digits, dots, hyphens and underscores, the first a letter or digit';

/** Of the option `workerTimeout`, in milliseconds. */
export const workerTimeoutBounds = [1000, 7 * 24 * 3_600_000] as const;

export function isWorkerName(text: unknown): text is string {
  return typeof text === 'string' && workerNamePattern.test(text);
}

/** The task queue of the workers of a name. Nothing but the name makes it up, so it stays the same wherever the worker runs. */
export function workerQueue(name: string): string {
  return `files@${name}`;
}
