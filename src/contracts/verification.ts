import { z } from 'zod';
import { shareSchema } from '../lib/units.ts';
import { flag, runMembers, whole, type Immutable } from './input.ts';
import { jobOptionsSchema, type FileFailure, type JobOptions } from './job.ts';
import type { EncodedPath } from './encoded-path.ts';
import type { ManifestShard, StoredFile } from './manifest.ts';

const mostParts = 10_000;

/** One part of so many of a run's files. */
export const subsetSchema = z
  .strictObject({ number: whole(1, mostParts), of: whole(1, mostParts) })
  .refine(({ number, of }) => number <= of, 'its number must not be above its of');

const verificationWishes = {
  deep: flag('Read the content and hash it; otherwise names, sizes and etags are compared with a listing'),
  sample: shareSchema
    .exactOptional()
    .meta({ description: 'Of a deep one: read this share of the files, others each time' }),
  subset: subsetSchema.exactOptional().meta({ description: 'Of a deep one: read this part of the files' }),
  options: jobOptionsSchema.exactOptional(),
};

type Scoped = { readonly deep?: boolean; readonly sample?: number; readonly subset?: object };

function coherent<T extends z.ZodType<Scoped>>(schema: T): T {
  return schema
    .refine(({ deep, sample, subset }) => deep === true || (sample === undefined && subset === undefined), {
      message: 'sample and subset say what a deep verification reads: give deep: true with them',
    })
    .refine(({ sample, subset }) => sample === undefined || subset === undefined, 'give sample or subset, not both');
}

/** How much is to be verified of a run that is named otherwise. */
export const verificationBodySchema = coherent(z.strictObject(verificationWishes)).meta({
  description: 'How much to verify of a run',
});

export const verificationInputSchema = coherent(z.strictObject({ ...runMembers, ...verificationWishes }));

export type VerificationInput = Immutable<z.infer<typeof verificationInputSchema>>;

/** One verification, as `openVerification` found and fixed it. Every activity receives it. */
export interface Verification {
  /** Names the verification in storage and sorts by start time. */
  readonly id: string;
  readonly run: string;
  /** Of the run's manifest when it was checked: one that is another by now is refused. */
  readonly manifestEtag: string;
  readonly root: string;
  readonly container: string;
  readonly prefix: string;
  readonly deep: boolean;
  readonly sample?: number;
  readonly subset?: { readonly number: number; readonly of: number };
  readonly options: JobOptions;
  readonly round?: number;
}

/**
 * What a verification found of a path:
 * `intact` storage holds what the manifest says, as far as was looked; `missing` neither the blob nor a snapshot of it does;
 * `archived` storage says that it does, in a tier where nobody can read it now; `corrupt` what storage holds is something else; `extra` a
 * blob that no run refers to; `unchecked` it was left out of the sample; `failed` storage would not say, or give what was to be read.
 */
export type VerificationOutcome = 'intact' | 'archived' | 'missing' | 'corrupt' | 'extra' | 'unchecked' | 'failed';

/** One line of a verification's ledger: what the run's manifest says of a file, and what was found. */
export interface VerifiedFile extends StoredFile {
  /** Relative to the run's root; of an extra blob its name. */
  readonly path: EncodedPath;
  readonly kind: 'file';
  readonly outcome: VerificationOutcome;
  readonly reason?: string;
  /** Times that the content was read; 0 when only the listing was looked at. */
  readonly attempts: number;
}

/** Counts of a verification. `files` and `bytes` are those that the run holds. */
export interface VerificationTally {
  readonly files: number;
  readonly bytes: number;
  readonly intact: number;
  /** In the archive tier, and not asked to be read; absent when there are none. */
  readonly archived?: number;
  /** Read and hashed. */
  readonly readBytes: number;
  readonly missing: number;
  readonly corrupt: number;
  readonly extra: number;
  readonly unchecked: number;
  /** Files whose outcome is `missing`, `corrupt` or `failed`. */
  readonly failed: number;
}

/** The last write of a verification. */
export interface VerificationReport extends Pick<Verification, 'run' | 'root' | 'deep' | 'sample' | 'subset'> {
  readonly format: 1;
  readonly verification: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly tally: VerificationTally;
  /** The ledger: gzipped NDJSON blobs of {@link VerifiedFile}, those of extra blobs last. */
  readonly shards: readonly ManifestShard[];
  /** Whether nothing was missing, corrupt or impossible to check. */
  readonly complete: boolean;
  /** SHA-256 of this report without the checksum, in hexadecimal. */
  readonly checksum: string;
}

/** The result of a verification. */
export interface VerificationSummary extends VerificationTally {
  readonly verificationId: string;
  readonly runId: string;
  readonly root: string;
  readonly deep: boolean;
  /** `container/name` of what the verification left: its counts and the shards of its ledger. */
  readonly report: string;
  /** Whether nothing was missing, corrupt or impossible to check. */
  readonly complete: boolean;
  readonly failures: readonly FileFailure[];
}

export const emptyVerificationTally: VerificationTally = {
  files: 0,
  bytes: 0,
  intact: 0,
  readBytes: 0,
  missing: 0,
  corrupt: 0,
  extra: 0,
  unchecked: 0,
  failed: 0,
};

/** What one line of the ledger adds to its page's tally. */
export function verificationTallyOf({ outcome, size, attempts }: VerifiedFile): VerificationTally {
  if (outcome === 'extra') return { ...emptyVerificationTally, extra: 1 };
  const held = { ...emptyVerificationTally, files: 1, bytes: size };
  switch (outcome) {
    case 'intact':
      return { ...held, intact: 1, readBytes: attempts > 0 ? size : 0 };
    case 'archived':
    case 'unchecked':
      return { ...held, [outcome]: 1 };
    case 'missing':
    case 'corrupt':
      return { ...held, [outcome]: 1, failed: 1, readBytes: attempts > 0 ? size : 0 };
    case 'failed':
      return { ...held, failed: 1 };
  }
}
