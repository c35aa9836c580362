import { randomUUID } from 'node:crypto';
import type { BackupInput, OpenedRun, Run, Tally } from '../../../src/contracts/backup.ts';
import type { Page } from '../../../src/contracts/job.ts';
import type { ManifestEntry } from '../../../src/contracts/manifest.ts';
import { readManifest } from '../../support/stored-run.ts';
import { copyAll, listAll, perform, type Rig } from '../rig.ts';

const startedAt = '2026-01-02T03:04:05.678Z';

/** A run from its opening to its manifest. */
export interface WholeRun {
  readonly run: Run;
  readonly pages: readonly Page[];
  readonly tally: Tally;
  /** Of the manifest, by path. */
  readonly entries: ReadonlyMap<string, ManifestEntry>;
  readonly outcomes: Readonly<Record<string, string>>;
}

/** Opens a run as a workflow of its own would, with the options of the rig's run. */
export async function openWhole(rig: Rig, input: Partial<BackupInput> = {}, workflowId = 'nightly'): Promise<Run> {
  return (await open(rig, input, workflowId)).run;
}

function open(rig: Rig, input: Partial<BackupInput>, workflowId = 'nightly'): Promise<OpenedRun> {
  const workflowExecution = { workflowId, runId: randomUUID() };
  const whole = { root: rig.root, options: rig.run.options, ...input };
  return perform(rig.activities.openRun, [whole, startedAt], { workflowExecution });
}

/** Backs the rig's tree up, as one workflow after the other does. */
export async function backUpWhole(rig: Rig, input: Partial<BackupInput> = {}): Promise<WholeRun> {
  const { run, rootAttributes } = await open(rig, input);
  const pages = await listAll({ ...rig, run });
  return finish({ ...rig, run }, pages, { rootAttributes });
}

/** Copies, seals and commits what was listed. */
export async function finish(
  rig: Rig,
  pages: readonly Page[],
  opened: Partial<Pick<OpenedRun, 'rootAttributes'>> = {},
): Promise<WholeRun> {
  const { run, activities, container } = rig;
  await copyAll(rig, pages);
  for (const { number } of pages) await perform(activities.sealPage, [run, number, []]);
  const end = { startedAt, finishedAt: '2026-01-02T03:05:00.000Z', ...opened };
  const { manifest, tally } = await perform(activities.commitRun, [run, end]);
  const { entries } = await readManifest(container, manifest);
  return {
    run,
    pages,
    tally,
    entries: new Map(entries.map((entry) => [entry.path, entry])),
    outcomes: Object.fromEntries(entries.map(({ path, outcome }) => [path, outcome])),
  };
}
