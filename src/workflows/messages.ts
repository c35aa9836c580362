import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { BackupProgress } from '../shared/contract.ts';

/** Where a backup stands. Answered by any worker, also after the end. */
export const progressQuery = defineQuery<BackupProgress>('progress');

/** Lets no new activity start until {@link resumeUpdate}; those under way end. Doing it twice changes nothing. */
export const suspendUpdate = defineUpdate<void, [reason: string]>('suspend');

export const resumeUpdate = defineUpdate<void, [reason: string]>('resume');
