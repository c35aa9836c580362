import type { Logger } from 'pino';
import type { Backups } from '../../history/views/backups.ts';
import type { SourcesFile } from '../sources/sources-file.ts';
import type { Jobs } from '../jobs/jobs.ts';

/** What the HTTP API is made of. */
export interface AppDependencies {
  readonly jobs: Jobs;
  /** What is in storage; absent where the process does not know the account. */
  readonly backups?: Backups;
  /** Reads the sources file; absent, or undefined in the end, where there is none. */
  readonly sources?: () => Promise<SourcesFile | undefined>;
  readonly log: Logger;
  /** Named in the URIs handed out, as Durable Functions does; clients pass it back and it means nothing more. */
  readonly taskHub: string;
  /** Directories that a backup may be asked of; absolute. */
  readonly backupRoots: readonly string[];
  /** Most bytes of an order batch's body. */
  readonly maxBatchBytes: number;
  /** What the process tells of itself; `open` to callers without a key too. */
  readonly metrics: { text(): Promise<string>; readonly open: boolean };
  /** Without it everybody who reaches the port may do everything. */
  readonly apiKey?: string;
}

/** Where the Durable Functions extension serves its API. */
export const webhookPrefix = '/runtime/webhooks/durabletask';
