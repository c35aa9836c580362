import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Success } from '../activities/notify/newest-success.ts';
import type { WatchInput } from '../contracts/scheduled.ts';

/** Where a job stands: each has a progress of its own form. Answered by any worker, also after the end. */
export const progressQuery = defineQuery<unknown>('progress');

/** Lets no new activity start until {@link resumeUpdate}; those under way end. Doing it twice changes nothing. */
export const suspendUpdate = defineUpdate<void, [reason: string]>('suspend');

export const resumeUpdate = defineUpdate<void, [reason: string]>('resume');

/**
 * The same as {@link suspendUpdate}, for when no worker is there to answer: a signal waits for one. Callers' own events never have
 * names that begin so.
 */
export const suspendSignal = defineSignal<[reason: string]>('__suspend');

export const resumeSignal = defineSignal<[reason: string]>('__resume');

/** Tells the watch of a source that a run of it has succeeded. */
export const successSignal = defineSignal<[success: Success]>('success');

/** Tells the watch of a source what to watch for from now on. */
export const watchSignal = defineSignal<[input: WatchInput]>('watch');
