import type { EncodedPath } from '../../../contracts/encoded-path.ts';
import type { FileAttributes, StoredFile } from '../../../contracts/manifest.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import type { MemoryBudget } from '../../paged/memory-budget.ts';
import type { ReadInBlocks } from './blocks/read-in-blocks.ts';
import type { FileState } from '../../../files/file-state.ts';

/** The blob that a file becomes, and what storing it needs. */
export interface Target {
  readonly name: string;
  readonly path: EncodedPath;
  readonly store: BlobStore;
  readonly memory: MemoryBudget;
  readonly readInBlocks: ReadInBlocks;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
  readonly expectation: { exists: boolean };
  /** What the base run stored of the file in this blob. */
  readonly before: StoredFile | undefined;
  /** Whether storage is asked even about what is known of it, and what a blob says of its content is not believed. */
  readonly lookUp: boolean;
  /** The run that writes the blob. */
  readonly writer: string;
  /** Whether content that others wrote is overwritten even where it is the same. */
  readonly ownOnly: boolean;
}

/** An open file as it was before it is read. */
export interface SeenFile extends Pick<FileState, 'mayHideChange'> {
  readonly attributes: FileAttributes;
}

export interface Stored {
  readonly outcome: 'uploaded' | 'unchanged' | 'adopted';
  /** Bytes stored, where the system tells another size of the file. */
  readonly size?: number;
  readonly etag: string;
  readonly sha256: string;
}

/** What a file's blob says of the file, for people and tools that see the blob alone; and, for prunes, which run wrote it. */
export function metadataOf({ mtimeNs, mode }: FileAttributes, sha256: string, run: string): Record<string, string> {
  return { sha256, mtime: mtimeNs, mode: mode.toString(8).padStart(4, '0'), run };
}
