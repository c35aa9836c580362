import { Context } from '@temporalio/activity';
import { z } from 'zod';
import { ExpectedError, failureTypes } from '../contracts/failures.ts';
import type { Prune } from '../contracts/prune.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { pruningBlob } from '../storage/run-layout.ts';
import type { IsRunning } from './claim-root.ts';
import { claim, deleteUnchanged, readClaim } from './claim.ts';

const schema = z.object({
  format: z.literal(1),
  prune: z.string(),
  instanceId: z.string(),
  firstRunId: z.string(),
  startedAt: z.string(),
  forgotten: z.array(z.object({ run: z.string(), etag: z.string() })),
});

/** A run that was forgotten, and the mark that says so. */
export interface ForgottenRun {
  readonly run: string;
  /** Of the mark. */
  readonly etag: string;
}

/** A prune before it has the prefix for itself. */
interface PruneClaim extends Pick<Prune, 'id' | 'prefix'> {
  /** ISO 8601. */
  readonly startedAt: string;
  /** The runs that were forgotten before. */
  readonly forgotten: readonly ForgottenRun[];
}

/**
 * Gives a prefix to one prune at a time and tells every backup that begins from now on. A later attempt leaves what the first one wrote.
 * Throws `PruneRunning`, or `PruneRefused` when what is there cannot be read.
 */
export async function claimPruning(
  store: BlobStore,
  { id, prefix, startedAt, forgotten }: PruneClaim,
  isRunning: IsRunning,
  signal: AbortSignal,
): Promise<void> {
  const { workflowId: instanceId = '', runId: firstRunId = '' } = Context.current().info.workflowExecution ?? {};
  const mine = { format: 1 as const, prune: id, instanceId, firstRunId, startedAt, forgotten: [...forgotten] };
  const blob = pruningBlob(prefix);
  await claim({ store, blob, schema, signal }, mine, async (theirs) => {
    if (theirs === undefined) throw unreadable(blob);
    if (theirs.instanceId === instanceId) return theirs.firstRunId !== firstRunId;
    if (!(await isRunning(theirs.instanceId, theirs.firstRunId))) return true;
    throw new ExpectedError(
      failureTypes.pruneRunning,
      `The prefix "${prefix}" is being pruned already, since ${theirs.startedAt}, by instance ${theirs.instanceId}: wait for it to end, or end it`,
    );
  });
}

/** The prune that works below a prefix, or was left in the middle of its work; undefined when there is none, or when nobody can tell. */
export async function readPruning(store: BlobStore, prefix: string, signal: AbortSignal) {
  return (await readClaim({ store, blob: pruningBlob(prefix), schema, signal }))?.value;
}

/** The runs that were forgotten before this prune began. Throws `PruneRefused` when another prune has taken its place. */
export async function claimedRuns(
  store: BlobStore,
  { id, prefix }: Pick<Prune, 'id' | 'prefix'>,
  signal: AbortSignal,
): Promise<readonly ForgottenRun[]> {
  const found = await readClaim({ store, blob: pruningBlob(prefix), schema, signal });
  if (found?.value?.prune === id) return found.value.forgotten;
  throw new ExpectedError(
    failureTypes.pruneRefused,
    `${pruningBlob(prefix)} is not that of prune ${id} any more, so another may be at work: start again when none is`,
  );
}

/** Lets others have the prefix again, unless they have it already. */
export async function releasePruning(
  store: BlobStore,
  { id, prefix }: Pick<Prune, 'id' | 'prefix'>,
  signal: AbortSignal,
): Promise<void> {
  const name = pruningBlob(prefix);
  const found = await readClaim({ store, blob: name, schema, signal });
  if (found?.value?.prune !== id) return;
  await deleteUnchanged(store, { name, etag: found.etag }, signal);
}

function unreadable(blob: string): ExpectedError {
  return new ExpectedError(
    failureTypes.pruneRefused,
    `${blob} says that a prune is under way and cannot be read: upgrade durable-backup, or delete it when no prune runs`,
  );
}

/** Whether a prune works below the prefix, or was left in the middle of its work: what it was about to delete may yet go. */
export async function isPruned(store: BlobStore, prefix: string, signal: AbortSignal): Promise<boolean> {
  return (await store.properties(pruningBlob(prefix), signal)) !== undefined;
}
