import type { EntryKind } from './manifest.ts';
import type { Suspicion } from './suspicion.ts';
import type { Why } from './filters.ts';

/**
 * What a backup would do about a path: `upload` when it is new or another, as far as that is known; `record` for what has no content; `fail`
 * for what cannot be read.
 */
export type PreviewAction = 'upload' | 'unchanged' | 'record' | 'skip' | 'fail' | 'exclude';

/** What a backup would do about one path. */
export interface PreviewRow {
  /** For people; that of a directory ends in a slash. */
  readonly path: string;
  /** Encoded, where it is not UTF-8 or not as it is shown. */
  readonly key: string;
  readonly action: PreviewAction;
  readonly kind?: EntryKind;
  /** Of a file. */
  readonly bytes?: number;
  readonly reason?: string;
  /** The rule that leaves it out. */
  readonly why?: Why;
}

/** The result of a preview: what a backup would have done just then. */
export interface Preview {
  readonly root: string;
  readonly prefix: string;
  /** The last run of the directory, with which it was compared; without one all files count as new. */
  readonly base?: string;
  /** How many paths each action is about; a folder that is left out counts once. */
  readonly counts: Readonly<Record<PreviewAction, number>>;
  /** Bytes of the files that would be sent, and of those that would not. */
  readonly uploadBytes: number;
  readonly unchangedBytes: number;
  /** Why the run would be suspect; absent when it would not. */
  readonly suspect?: Suspicion;
  /** The first of those that are neither unchanged nor without content, in the order of the listing. */
  readonly rows: readonly PreviewRow[];
  /** How many more of them there are. */
  readonly moreRows: number;
  /** What may not be as it was meant. */
  readonly warnings: readonly string[];
}
