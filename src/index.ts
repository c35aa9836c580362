/** What programs that run a worker of their own import from the package; the workflows' module is `durable-backup/workflows`. */
export { readConfig, type Config } from './config.ts';
export { openBlobStore, type StorageLocation } from './storage/open-blob-store.ts';
export { createWorker, type WorkerDependencies } from './worker.ts';
