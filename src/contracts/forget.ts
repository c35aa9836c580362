import type { RetentionPolicy } from './retention.ts';
import type { Suspicion } from './suspicion.ts';

/** Which runs are to be forgotten: those that are named, or those that a policy does not keep. */
export interface ForgetInput {
  /** Of the runs; the usual one unless given. */
  readonly prefix?: string;
  /** Their ids. */
  readonly runs?: readonly string[];
  /** Decides about the runs of each directory apart. */
  readonly policy?: RetentionPolicy;
  /** The policy decides about the runs of this directory alone. */
  readonly root?: string;
  /** The policy decides about runs alone that have all of these tags. */
  readonly tags?: readonly string[];
  /** Says what would be done, and changes nothing. */
  readonly dryRun?: boolean;
  /** Forgets even the newest complete run of a directory, a run whose manifest cannot be read, and all that a policy does not keep. */
  readonly force?: boolean;
  /** Takes back that the named runs were forgotten. */
  readonly undo?: boolean;
}

/** What becomes of one run, and why. */
export interface ForgetRow {
  readonly run: string;
  /** `recalled`: it was forgotten, and that is taken back. */
  readonly outcome: 'kept' | 'forgotten' | 'recalled';
  /** In words, at least one. */
  readonly reasons: readonly string[];
  /** Unlike what follows, known without a manifest; ISO 8601. */
  readonly startedAt: string;
  readonly root?: string;
  readonly complete?: boolean;
  /** Why it may not be what its directory ought to hold. */
  readonly suspect?: Suspicion;
  readonly files?: number;
  readonly bytes?: number;
  readonly tags?: readonly string[];
}

/** What was forgotten, or in a dry run would be. */
export interface ForgetResult {
  readonly dryRun: boolean;
  readonly kept: number;
  readonly forgotten: number;
  readonly recalled: number;
  /** Those that were asked about: directory by directory, newest first. */
  readonly runs: readonly ForgetRow[];
}

/** The same in short. */
export interface ForgetSummary extends Pick<ForgetResult, 'dryRun' | 'kept' | 'forgotten'> {
  /** The ids of the first 100 that were forgotten. */
  readonly runs: readonly string[];
}
