import { expect } from 'vitest';
import { describeShard, readShard, writeShard } from '../../../src/activities/paged/shard.ts';
import type { Filters } from '../../../src/contracts/filters.ts';
import type { ManifestEntry } from '../../../src/contracts/manifest.ts';
import { emptyTally, tallyOf } from '../../../src/contracts/backup.ts';
import { sumTallies } from '../../../src/contracts/job.ts';
import { sealManifest } from '../../../src/history/records/manifest-checksum.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { writeTree } from '../../support/tree.ts';
import { blobBytes } from '../rig.ts';
import { backUpRun } from '../verify/rig.ts';
import { brief, mirror, openRestoreRig, restoreRun, type RestoreRig } from './rig.ts';

/** A run of a tree, with these filters. */
export async function backedUp(tree: Readonly<Record<string, number>>, filters?: Filters): Promise<RestoreRig> {
  const rig = await openRestoreRig();
  await writeTree(rig.root, tree);
  const run = { ...rig.run, ...(filters && { filters }) };
  const filtered = { ...rig, run };
  await backUpRun(filtered);
  return filtered;
}

/** Mirrors twice, as a dry run and in earnest, which say the same; returns the rows of what the run does not restore. */
export async function mirrored(rig: RestoreRig, input = {}): Promise<Record<string, string>> {
  const dry = await restoreRun(rig, { ...mirror, ...input, dryRun: true });
  const { rows, tally } = await restoreRun(rig, { ...mirror, ...input });
  expect({ rows: brief(dry.rows), tally: dry.tally }).toEqual({ rows: brief(rows), tally });
  expect(new Set(rows.map(({ path }) => path)).size).toBe(rows.length);
  const of = (outcome: string) => rows.filter((row) => row.outcome === outcome).length;
  expect(tally).toMatchObject({ kept: of('kept'), deleted: of('deleted'), failed: of('failed') });
  return brief(rows.filter(({ outcome }) => outcome !== 'restored' && outcome !== 'unchanged'));
}

/** Makes the run one of an earlier version. */
export function strip(rig: RestoreRig): Promise<void> {
  return editManifest(rig, (manifest) => ({ ...manifest, leftOut: undefined }));
}

type Json = Readonly<Record<string, unknown>>;

export async function editManifest(rig: RestoreRig, edit: (manifest: Json) => Json): Promise<void> {
  const name = runLayout(rig.run).manifest;
  const { checksum: _, ...manifest } = JSON.parse((await blobBytes(rig, name)).toString()) as Json;
  const edited = Buffer.from(JSON.stringify(sealManifest(JSON.parse(JSON.stringify(edit(manifest))) as Json)));
  await rig.container.getBlockBlobClient(name).uploadData(edited);
}

/** Seals the run's only page anew, with other entries. */
export async function editRun(rig: RestoreRig, edit: (entry: ManifestEntry) => object): Promise<void> {
  const layout = runLayout(rig.run);
  const signal = AbortSignal.timeout(60_000);
  const before = await readShard<ManifestEntry>(rig.deps.store, layout.shard(0), signal);
  const entries = before.map((entry) => JSON.parse(JSON.stringify({ ...entry, ...edit(entry) })) as ManifestEntry);
  const tally = sumTallies(entries.map(tallyOf), emptyTally);
  await writeShard(rig.deps.store, layout.shard(0), entries, tally, signal);
  const properties = await rig.deps.store.properties(layout.shard(0), signal);
  if (!properties) throw new Error('no shard');
  const { files, bytes, failed, skipped: passed } = tally;
  const counts = { files, bytes, failed, skipped: passed, complete: failed === 0 };
  await editManifest(rig, (manifest) => ({ ...manifest, ...counts, shards: [describeShard(properties).shard] }));
}
