import type { Reporter, TestModule } from 'vitest/node';

const most = 10;

/** Ends a run of many files with those that took longest. */
export class SlowestFiles implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length <= most) return;
    const slowest = modules.toSorted((a, b) => timeOf(b) - timeOf(a)).slice(0, most);
    console.log(`The ${most} slowest of ${modules.length} files of tests:`);
    for (const one of slowest) console.log(`${(timeOf(one) / 1000).toFixed(1).padStart(8)} s  ${one.relativeModuleId}`);
  }
}

/** In milliseconds, with what it took to load the file. */
function timeOf(module: TestModule): number {
  const { duration, collectDuration, setupDuration } = module.diagnostic();
  return duration + collectDuration + setupDuration;
}
