import { chmod, mkdir, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Page } from '../../../src/contracts/job.ts';
import type { Restore } from '../../../src/contracts/restore.ts';
import { exchangers, whileExchanging, type Exchanger } from '../../support/exchanging.ts';
import { writeTree } from '../../support/tree.ts';
import { perform } from '../rig.ts';
import { backUpRun } from '../verify/rig.ts';
import { brief, commit, copyPages, listPages, open, openRestoreRig, seal, snapshotOf, type RestoreRig } from './rig.ts';

const outsideFiles = 4000;
// In each test; all of them together see more than 10,000.
const fewestExchanges = 2000;
const changed = /^.*(was moved or replaced meanwhile|where a directory belongs|ENOENT: no such file or directory).*$/u;

/** A rig with a run of these files and folders, and 4,000 files outside the target of these names. */
async function openRace(
  files: Readonly<Record<string, number>>,
  name: (i: number) => string,
  folders: readonly string[] = [],
): Promise<RestoreRig> {
  const rig = await openRestoreRig({ smallTreeFiles: 0, pageEntries: 20_000, packFiles: 256 });
  await writeTree(rig.root, files);
  for (const folder of folders) await mkdir(join(rig.root, folder), { recursive: true });
  await backUpRun(rig);
  await mkdir(rig.target);
  await mkdir(outsideOf(rig));
  await fill(outsideOf(rig), name);
  return rig;
}

function outsideOf({ around }: RestoreRig): string {
  return join(around, 'outside');
}

async function fill(directory: string, name: (i: number) => string): Promise<void> {
  await Promise.all(Array.from({ length: outsideFiles }, (_, i) => writeFile(join(directory, name(i)), 'precious')));
}

/** Does `round` until a directory and a symlink that leads out were exchanged often enough meanwhile, and looks at what is outside. */
async function race(
  rig: RestoreRig,
  exchanger: Exchanger,
  place: string,
  round: (exchange: (work: () => Promise<void>) => Promise<number>) => Promise<number>,
): Promise<void> {
  const target = outsideOf(rig);
  const link = join(rig.around, 'link');
  const own = await stat(target);
  const before = snapshotOf(target);
  expect(before.size).toBeGreaterThanOrEqual(outsideFiles);
  let exchanges = 0;
  while (exchanges < fewestExchanges) {
    await rm(link, { recursive: true, force: true });
    await symlink(target, link);
    exchanges += await round((work) =>
      whileExchanging(exchanger, { place: join(rig.target, place), link, target }, work),
    );
    expect(snapshotOf(target)).toEqual(before);
    const { mode, mtimeMs } = await stat(target);
    expect([mode, mtimeMs]).toEqual([own.mode, own.mtimeMs]);
  }
}

function expectOnlyChanged(rows: Readonly<Record<string, string>>): void {
  const failures = Object.values(rows).filter((row) => row.startsWith('failed'));
  expect(failures.filter((row) => !changed.test(row))).toEqual([]);
}

interface Begun {
  readonly restore: Restore;
  readonly pages: Page[];
}

async function listed(rig: RestoreRig, input: object = {}): Promise<Begun> {
  const restore = await open(rig, { force: true, ...input });
  return { restore, pages: await listPages(rig, restore) };
}

async function copied(rig: RestoreRig, begun: Begun): Promise<Begun> {
  const { restore, pages } = begun;
  // The last attempt tells what it could not do.
  await copyPages(rig, restore, pages, restore.options.copyAttempts);
  return begun;
}

const small = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`d/f${i}`, 20]));

test.each(exchangers)(
  'nothing outside is deleted through a folder that is exchanged with a symlink ($name)',
  async (exchanger) => {
    const rig = await openRace({ 'd/kept': 1 }, (i) => `f${i}`);
    await mkdir(join(rig.target, 'd'));
    await race(rig, exchanger, 'd', async (exchange) => {
      await fill(join(rig.target, 'd'), (i) => `f${i}`);
      const { restore, pages } = await copied(rig, await listed(rig, { delete: true }));
      for (const { number } of pages) await perform(rig.activities.sealRestorePage, [restore, number, []]);
      // What is to be deleted is written down by then.
      const writing = rig.proxy.hold(({ method, path }) => method === 'PUT' && path.includes('/ledger/9'));
      const committing = commit(rig, restore);
      await writing.reached;
      return exchange(async () => {
        writing.release();
        const { rows } = await committing;
        const planned = rows.filter(({ path }) => path.startsWith('d/f'));
        expect(planned).toHaveLength(outsideFiles);
        expect(planned.filter(({ outcome }) => outcome !== 'deleted' && outcome !== 'failed')).toEqual([]);
        expectOnlyChanged(brief(rows));
      });
    });
  },
);

test.each(exchangers)(
  'nothing outside is planned to go with a folder that is exchanged while it is walked ($name)',
  async (exchanger) => {
    const rig = await openRace({ 'd/kept': 1 }, (i) => `outside${i}`);
    await mkdir(join(rig.target, 'd'));
    await race(rig, exchanger, 'd', async (exchange) => {
      await fill(join(rig.target, 'd'), (i) => `inside${i}`);
      let restore: Restore | undefined;
      // The plan is made when the restore is opened.
      const exchanges = await exchange(async () => {
        restore = await open(rig, { delete: true, force: true });
      });
      if (restore === undefined) throw new Error('The restore did not begin.');
      const { pages } = await copied(rig, { restore, pages: await listPages(rig, restore) });
      const { rows } = await seal(rig, restore, pages);
      expect(rows.filter(({ path }) => path.includes('outside'))).toEqual([]);
      return exchanges;
    });
  },
);

test.each(exchangers)(
  'nothing outside goes with a folder that gives way to a file, one in it being exchanged ($name)',
  async (exchanger) => {
    const rig = await openRace({ d: 10 }, (i) => `f${i}`);
    await race(rig, exchanger, 'd/sub', async (exchange) => {
      await rm(join(rig.target, 'd'), { recursive: true, force: true });
      await mkdir(join(rig.target, 'd/sub'), { recursive: true });
      await fill(join(rig.target, 'd/sub'), (i) => `f${i}`);
      return exchange(async () => {
        const { restore, pages } = await copied(rig, await listed(rig, { delete: true }));
        const { rows } = await seal(rig, restore, pages);
        expect(Object.keys(brief(rows))).toContain('d');
      });
    });
  },
);

test.each(exchangers)(
  'nothing outside is written through a folder that is exchanged with a symlink ($name)',
  async (exchanger) => {
    const rig = await openRace(small, (i) => `f${i}`);
    await mkdir(join(rig.target, 'd'));
    await race(rig, exchanger, 'd', async (exchange) => {
      const begun = await listed(rig, { overwrite: 'always' });
      return exchange(async () => {
        const { restore, pages } = await copied(rig, begun);
        const { rows } = await seal(rig, restore, pages);
        expect(rows).toHaveLength(601);
        expectOnlyChanged(brief(rows));
      });
    });
    const { restore, pages } = await copied(rig, await listed(rig));
    const { rows, tally } = await seal(rig, restore, pages);
    expect([tally.failed, rows.length]).toEqual([0, 601]);
    expect((await readdir(join(rig.target, 'd'))).filter((name) => !name.startsWith('.durable')).length).toBe(600);
  },
);

test.each(exchangers)(
  'no attributes outside are set through a folder that is exchanged with a symlink ($name)',
  async (exchanger) => {
    const folders = Array.from({ length: 1000 }, (_, i) => `s${i}`);
    const rig = await openRace(
      {},
      (i) => `f${i}`,
      folders.map((name) => `d/${name}`),
    );
    for (const name of folders) {
      await mkdir(join(outsideOf(rig), name), { mode: 0o750 });
      await utimes(join(outsideOf(rig), name), 1, 1);
    }
    await chmod(outsideOf(rig), 0o710);
    await race(rig, exchanger, 'd', async (exchange) => {
      await rm(join(rig.target, 'd'), { recursive: true, force: true });
      const { restore, pages } = await copied(rig, await listed(rig));
      return exchange(async () => {
        const { rows } = await seal(rig, restore, pages);
        expectOnlyChanged(brief(rows));
      });
    });
  },
);
