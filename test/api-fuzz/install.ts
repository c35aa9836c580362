import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lastLines, runCommand } from '../../src/embedded/programs.ts';

const version = '4.32.5';

/** Puts Schemathesis into a Python environment of its own below `directory`, once, and returns the program. Needs Python 3.10 with pip. */
export async function installSchemathesis(directory: string): Promise<string> {
  const home = join(directory, `schemathesis-${version}`);
  const program = join(home, 'bin', 'schemathesis');
  if (existsSync(program)) return program;
  await rm(home, { recursive: true, force: true });
  console.log(`Installing Schemathesis ${version} into ${home} …`);
  await succeed('python3', ['-m', 'venv', home]);
  await succeed(join(home, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', `schemathesis==${version}`]);
  return program;
}

async function succeed(command: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runCommand(command, args, { timeout: 300_000 });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${lastLines(output)}`);
}
