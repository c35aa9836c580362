import { z } from 'zod';
import { joinByPath } from '../entries/join-by-path.ts';
import type { ManifestEntry } from '../../contracts/manifest.ts';
import type { Immutable } from '../../contracts/input.ts';
import { entryState, entryStateSchema, pathMembers, pathRow } from './list-entries.ts';
import { microseconds } from '../../lib/microseconds.ts';
import { isHeld } from './run-info.ts';

/**
 * How a path differs between two runs: only the later has it, or only the earlier; `type` it is another kind of thing; `content` a file
 * has another SHA-256, a symlink another target; `attributes` only permissions or time of modification, to the microsecond, differ.
 */
const changes = ['added', 'removed', 'type', 'content', 'attributes'] as const;

/** One path that differs between two runs. */
export const differenceRowSchema = z
  .strictObject({
    change: z.enum(changes),
    ...pathMembers,
    before: entryStateSchema.exactOptional(),
    after: entryStateSchema.exactOptional(),
    reason: z.string().exactOptional().meta({ description: 'Why one of the runs lists it and does not hold it' }),
  })
  .meta({ id: 'DifferenceRow', description: 'One path that differs between two runs; one such object a line' });

export type DifferenceRow = Immutable<z.infer<typeof differenceRowSchema>>;

/** The paths that differ between what two runs hold. Each has its entries in the order of `entryKey`. */
export async function* compareRuns(
  before: AsyncIterable<ManifestEntry>,
  after: AsyncIterable<ManifestEntry>,
): AsyncGenerator<DifferenceRow> {
  for await (const [one, other] of joinByPath([before, after])) {
    const difference = differenceOf(one, other);
    if (difference) yield difference;
  }
}

function differenceOf(one: ManifestEntry | undefined, other: ManifestEntry | undefined): DifferenceRow | undefined {
  const before = heldOf(one);
  const after = heldOf(other);
  const entry = after ?? before;
  if (!entry) return undefined;
  const change = changeOf(before, after);
  return change && { change, ...pathRow(entry), ...statesOf(before, after), ...whyMissing(before ? other : one) };
}

function heldOf(entry: ManifestEntry | undefined): ManifestEntry | undefined {
  return entry && isHeld(entry) ? entry : undefined;
}

function statesOf(before: ManifestEntry | undefined, after: ManifestEntry | undefined) {
  return { ...(before && { before: entryState(before) }), ...(after && { after: entryState(after) }) };
}

// Of the run that lists the path and does not hold it.
function whyMissing(entry: ManifestEntry | undefined): Pick<DifferenceRow, 'reason'> {
  return entry?.reason === undefined || isHeld(entry) ? {} : { reason: entry.reason };
}

function changeOf(
  before: ManifestEntry | undefined,
  after: ManifestEntry | undefined,
): DifferenceRow['change'] | undefined {
  if (!before) return 'added';
  if (!after) return 'removed';
  if (before.kind !== after.kind) return 'type';
  if (before.sha256 !== after.sha256 || before.target !== after.target) return 'content';
  // A backup of what was restored is no change.
  const isSameTime = microseconds(before.mtimeNs) === microseconds(after.mtimeNs);
  return before.mode === after.mode && isSameTime ? undefined : 'attributes';
}
