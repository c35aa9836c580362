export { backup, E2_BackupSiteContent } from './backup.ts';
export { notify } from './notify.ts';
export { preview } from './preview.ts';
export { processBatch, ProcessBatchOrchestrator } from './process-batch.ts';
export { prune } from './prune.ts';
export { restore } from './restore.ts';
export { scheduledBackup } from './scheduled-backup.ts';
export { verify } from './verify.ts';
export { watchSource } from './watch-source.ts';
