import { benchAgainst } from './against/bench-against.ts';
import * as scenarios from './against/scenarios.ts';
import type { Scenario } from './against/scenarios.ts';
import type { Uploader } from './against/tool.ts';
import type { BenchOptions } from './bench-options.ts';
import type { Closing } from './closing.ts';
import { benchBatches } from './batches.ts';
import { benchCopy } from './copy.ts';
import { benchCrash } from './crash.ts';
import type { Flag } from './flags.ts';
import { benchOrders } from './orders.ts';
import { benchPolls } from './polls.ts';
import { benchScale } from './scale/bench-scale.ts';
import { within } from './within.ts';

/** Something that `npm run bench -- NAME` measures. */
export interface Command {
  readonly about: string;
  readonly flags: readonly Flag[];
  readonly run: (closing: Closing, options: BenchOptions) => Promise<void>;
}

const common = ['json', 'profile', 'limit'] as const;

export const commands: Readonly<Record<string, Command>> = {
  orders: simple('order batches, one by one and fanned out', ['work'], (closing, { work }) =>
    benchOrders(closing, work),
  ),
  batches: {
    about: '400 order batches of 50 items at once over HTTP, each polled: time and memory',
    flags: ['rounds', 'json', 'limit'],
    run: benchBatches,
  },
  polls: simple('status polls of the HTTP API', [], benchPolls),
  copy: simple('what a small file costs the activities, without Temporal', ['files', 'rounds', 'storage'], copy),
  small: against('20,000 small files: this project, rclone, azcopy', scenarios.small),
  large: against('4 files of 256 MiB: the same', scenarios.large),
  'no-change': against(
    '20,000 files of which none has changed: the same, and what they ask the storage',
    scenarios.noChange,
  ),
  restore: against('20,000 small files back to disk: the same, and what they ask the storage', scenarios.restore),
  latency: against(
    '20,000 small files, storage 20 ms away: this project, and rclone with few and many transfers',
    scenarios.latency,
  ),
  'azurite-small': {
    ...against(
      '2,000 small files, an Azurite fresh for each run: this project and a loop with the SDK',
      scenarios.azuriteSmall,
    ),
    flags: ['files', 'rounds', ...common],
  },
  workers: against('20,000 small files: 1, 2 and 4 workers', scenarios.workers),
  scale: {
    about: '100,000 and 1,000,000 files (a tenth of --files, and --files): time, memory and histories',
    flags: ['files', 'storage', 'one-directory', 'chart', ...common],
    run: benchScale,
  },
  crash: {
    about: 'one file of 100 GB, its worker killed on the way: what is sent again',
    flags: ['bytes', ...common],
    run: benchCrash,
  },
};

function simple(about: string, flags: readonly Flag[], run: Command['run']): Command {
  const limited: Command['run'] = (closing, options) => within(options.limit, 'the bench', run(closing, options));
  return { about, flags: [...flags, 'limit'], run: limited };
}

function against<T extends Uploader>(about: string, scenario: Scenario<T>): Command {
  const run: Command['run'] = (closing, options) => benchAgainst(closing, scenario, options);
  return { about, flags: ['files', 'rounds', 'storage', ...common], run };
}

function copy(closing: Closing, { files = 20_000, rounds = 5, storage }: BenchOptions): Promise<void> {
  return benchCopy(closing, { files, rounds, storage: storage === 'azurite' ? undefined : storage });
}
