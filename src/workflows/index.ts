export { backup, E2_BackupSiteContent } from './backup.ts';
export { processBatch, ProcessBatchOrchestrator } from './process-batch.ts';
export { restore } from './restore.ts';
export { verify } from './verify.ts';
