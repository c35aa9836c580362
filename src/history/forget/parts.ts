import type { BlobStore } from '../../storage/blob-store.ts';

/** What runs are forgotten with. */
export interface ForgetParts {
  readonly store: BlobStore;
  readonly prefix: string;
  /** Whether a workflow of this id has not ended. */
  readonly isUnderWay: (instanceId: string) => Promise<boolean>;
  readonly signal: AbortSignal;
}
