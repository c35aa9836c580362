import { defaultJobOptions, type JobOptions } from '../../contracts/job.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { workerTimeoutBounds } from '../../contracts/input.ts';

// The upper bounds keep a page's copies below Temporal's 2,000 pending activities, and a page's reference below its payload limit.
const bounds: Readonly<Record<keyof JobOptions, readonly [least: number, most: number]>> = {
  window: [1, 1000],
  pageEntries: [1, 100_000],
  pageCopies: [1, 2000],
  smallTreeFiles: [0, 2000],
  packFiles: [1, 10_000],
  packBytes: [0, 2 ** 40],
  copyAttempts: [1, 1000],
  busyRounds: [0, 20],
  busyPause: [0, 3_600_000],
  heartbeatTimeout: [1000, 3_600_000],
  workerTimeout: workerTimeoutBounds,
};

/** The options of a run: the defaults, but for what is given. Throws an {@link ExpectedError} that names each wrong one. */
export function checkOptions(given: Partial<JobOptions> = {}): JobOptions {
  const wrong = Object.entries(given).flatMap(([name, value]) => {
    if (!isOption(name)) return [`options.${name}: there is no such option, but ${Object.keys(bounds).join(', ')}`];
    const [least, most] = bounds[name];
    const fits = Number.isInteger(value) && value >= least && value <= most;
    return fits ? [] : [`options.${name}: give a whole number from ${least} to ${most}, not ${JSON.stringify(value)}`];
  });
  if (wrong.length > 0) throw new ExpectedError(failureTypes.invalidInput, wrong.join('; '));
  return { ...defaultJobOptions, ...given };
}

function isOption(name: string): name is keyof JobOptions {
  return Object.hasOwn(bounds, name);
}
