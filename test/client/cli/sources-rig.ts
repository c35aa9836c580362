import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { rowsIn, runCommand, servers, type Ended, type PrintedBackup } from './command.ts';

/** A folder with two directories to back up, where a sources file may lie, and a container and a task queue of its own. */
export interface SourcesRig {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv & { readonly BACKUP_CONTAINER: string };
  /** Writes the sources file. */
  define(text: string): Promise<void>;
  /** Runs a command in the folder. */
  run(...args: string[]): Promise<Ended>;
  /** Backs a source or a directory up with a worker in the command itself. */
  backUp(name: string): Promise<PrintedBackup>;
  /** What a command prints with `--json`. */
  answerOf<T>(...args: string[]): Promise<T>;
  /** The rows that it prints so, where it prints a list. */
  rowsOf<T>(...args: string[]): Promise<T[]>;
}

/** A sources file that names both of the folder's directories. */
export const bothSources = `sources:
  web:
    root: site
    tags: [nightly]
    filters: { exclude: ['*.tmp'] }
    retention: { last: 1 }
    limits: { uploadLimit: 10MiB, window: 4 }
  photos:
    root: photos
    prefix: pictures/
`;

export async function openSourcesRig(): Promise<SourcesRig> {
  const home = await temporaryDirectory();
  await writeTree(home, { 'site/a.txt': 10, 'site/d/b.txt': 20, 'photos/p.jpg': 300 });
  const env = { ...servers(), BACKUP_CONTAINER: `named-${randomUUID()}`, TASK_QUEUE: randomUUID() };
  const run = (...args: string[]) => runCommand(args, { env, cwd: home });
  const printed = async (args: readonly string[]) => {
    const { code, stdout, stderr } = await run(...args, '--json');
    expect(code, stderr).toBe(0);
    return stdout;
  };
  const answerOf = async <T>(...args: string[]) => JSON.parse(await printed(args)) as T;
  const rowsOf = async <T>(...args: string[]) => rowsIn<T>(await printed(args));
  return {
    home,
    env,
    run,
    answerOf,
    rowsOf,
    define: (text) => writeFile(join(home, 'durable-backup.yaml'), text),
    backUp: (name) => answerOf<PrintedBackup>('backup', name, '--worker'),
  };
}
