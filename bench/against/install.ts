import { chmod, rm } from 'node:fs/promises';
import { findOnPath, lastLines, runCommand } from '../../src/embedded/programs.ts';

interface Installation {
  readonly name: string;
  /** The directory that holds it and nothing else. */
  readonly home: string;
  /** Where the program is then. */
  readonly program: string;
  /** Commands that put it there; none where there is no package for this platform. */
  readonly steps: readonly (readonly [string, ...string[]])[];
}

/** Installs a program once, or finds one on PATH. Undefined, with a line that says why, when there is neither. */
export async function installOrFind({ name, home, program, steps }: Installation): Promise<string | undefined> {
  if (await findOnPath(program)) return program;
  const problem = steps.length === 0 ? 'there is no package for this platform' : await install(home, program, steps);
  if (problem === undefined) return program;
  const found = await findOnPath(name, process.env['PATH'] ?? '');
  const instead = found === undefined ? `there is none on PATH, so ${name} is left out` : `${found} is used instead`;
  console.error(`${name} cannot be installed into ${home} (${problem}); ${instead}.`);
  return found;
}

async function install(home: string, program: string, steps: Installation['steps']): Promise<string | undefined> {
  console.error(`Installing into ${home} …`);
  await rm(home, { recursive: true, force: true });
  for (const [command, ...args] of steps) {
    const { code, output } = await runCommand(command, args, { timeout: 300_000 });
    if (code !== 0) return `${command}: ${lastLines(output)}`;
  }
  try {
    // The package of azcopy leaves that to whoever uses it.
    await chmod(program, 0o755);
  } catch {
    return `the package holds no ${program}`;
  }
  return undefined;
}
