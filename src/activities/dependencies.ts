import type { BlobStore } from '../storage/blob-store.ts';
import type { FindEmbeddedData } from '../files/find-root.ts';
import type { MemoryBudget } from './paged/memory-budget.ts';
import type { IsRunning } from '../claims/claim-root.ts';

/** What the activities of one worker share. */
export interface ActivityDependencies {
  readonly store: BlobStore;
  /** Put before the name of every blob. */
  readonly prefix: string;
  /** The name under which this machine owns the prefix. */
  readonly host: string;
  /** Directories below which this worker may read; absolute. */
  readonly roots: readonly string[];
  /** Directories that no restore writes to, whatever `roots` says: the program's own; none unless given. */
  readonly ownFolders?: readonly string[];
  /** Taken for an empty root; absolute. */
  readonly workingDirectory: string;
  readonly memory: MemoryBudget;
  /** Most names of directories that a listing holds in memory; a usual number unless given. */
  readonly namesInMemory?: number;
  readonly isRunning: IsRunning;
  /** What is never backed up; nothing unless given. */
  readonly embeddedData?: FindEmbeddedData;
}
