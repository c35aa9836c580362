import { join } from 'node:path';
import { runCommand } from '../../src/embedded/programs.ts';
import type { BenchKit } from './bench-kit.ts';
import { installOrFind } from './install.ts';
import { runMeasured } from './run-measured.ts';
import type { Tool } from './tool.ts';

const version = '10.32.2';
const folder = 'tree';

/** azcopy from npm, installed once below the kit's `dataDir`, or one found on PATH. Undefined when there is neither. */
export async function openAzcopy(kit: BenchKit): Promise<Tool | undefined> {
  const { dataDir, directory, target, closing } = kit;
  const home = join(dataDir, `azcopy-${version}`);
  const quiet = ['--no-save', '--no-audit', '--no-fund'];
  const npm = ['npm', 'install', '--prefix', home, ...quiet, `@azure-tools/azcopy-linux@${version}`] as const;
  const program = await installOrFind({
    name: 'azcopy',
    home,
    program: join(home, 'node_modules/@azure-tools/azcopy-linux/dist/bin/azcopy_linux_amd64'),
    steps: process.platform === 'linux' && process.arch === 'x64' ? [npm] : [],
  });
  if (program === undefined) return undefined;
  const plans = join(directory, 'azcopy');
  const env = { AZCOPY_LOG_LOCATION: plans, AZCOPY_JOB_PLAN_LOCATION: plans, AZCOPY_DISABLE_SYSLOG: 'true' };
  const common = ['--recursive', '--skip-version-check', '--log-level', 'ERROR'];
  const up = [...common, '--put-md5', '--from-to', 'LocalBlob'];
  const run = (...args: string[]) => runMeasured(closing, program, args, env);
  const container = await kit.newContainer();
  const { output } = await runCommand(program, ['--version', '--skip-version-check'], { timeout: 10_000 });
  return {
    name: 'azcopy',
    version: /azcopy version (\S+)/u.exec(output)?.[1] ?? 'unknown',
    how: 'copy --put-md5; sync --put-md5 where nothing has changed',
    container,
    backUp: async (tree) => run('copy', `${tree}/*`, await target.sasUrl(container, folder), ...up),
    backUpAgain: async (tree) => run('sync', tree, await target.sasUrl(container, folder), ...up),
    restore: async (_, into) =>
      run('copy', await target.sasUrl(container, `${folder}/*`), into, ...common, '--from-to', 'BlobLocal'),
  };
}
