import { eachConcurrently } from '../src/lib/each-concurrently.ts';
import type { Page } from '../src/contracts/job.ts';
import type { Closing } from './closing.ts';
import { openCopyRig, perform, type CopyRig } from './copy-rig.ts';
import { median } from './median.ts';

interface CopyBenchOptions {
  readonly files: number;
  readonly rounds: number;
  /** Of the storage to write to; an embedded Azurite without it. */
  readonly storage?: string | undefined;
}

/** What one phase of a round took. Milliseconds; those of the processor are this process's on all its threads. */
interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

const phases = ['list', 'copy', 'seal'] as const;
type Round = Readonly<Record<(typeof phases)[number], Cost>>;

/** Measures what a small file costs the activities of a first backup, without Temporal around them. */
export async function benchCopy(closing: Closing, { files, rounds, storage }: CopyBenchOptions): Promise<void> {
  const rig = await openCopyRig(closing, files, storage);
  // Until code is compiled it costs several times as much.
  await backUp(rig);
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round += 1) measured.push(await backUp(rig));
  report(files, measured);
}

async function backUp(rig: CopyRig): Promise<Round> {
  const { run, activities, close } = await rig.openRun();
  try {
    const pages: Page[] = [];
    const list = await measure(async () => {
      for (let cursor: string | undefined, last = false; !last; last = cursor === undefined) {
        const page = await perform(activities.listFiles, run, pages.length, cursor);
        pages.push(page);
        cursor = page.cursor;
      }
    });
    const copies = pages.flatMap((page) => page.copies);
    const copy = await measure(() =>
      eachConcurrently(copies, run.options.window, async (one) => {
        const { failed } = await perform(activities.copyFiles, run, one);
        if (failed > 0) throw new Error(`${failed} files failed`);
      }),
    );
    const seal = await measure(async () => {
      for (const { number } of pages) await perform(activities.sealPage, run, number, []);
    });
    return { list, copy, seal };
  } finally {
    await close();
  }
}

async function measure(work: () => Promise<unknown>): Promise<Cost> {
  const began = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - began, cpu: (user + system) / 1000 };
}

function report(files: number, rounds: readonly Round[]): void {
  console.log(`${files} files, ${rounds.length} rounds after one to warm up: median (least to most)`);
  console.log(`${'phase'.padEnd(8)}${'CPU ms a file'.padEnd(28)}files/s`);
  for (const phase of phases) {
    const costs = rounds.map((round) => round[phase]);
    const cpu = spread(
      costs.map((cost) => cost.cpu / files),
      3,
    );
    const rate = spread(
      costs.map((cost) => (files / cost.wall) * 1000),
      0,
    );
    console.log(phase.padEnd(8) + cpu.padEnd(28) + rate);
  }
}

function spread(values: readonly number[], digits: number): string {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)];
  return `${middle.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
}
