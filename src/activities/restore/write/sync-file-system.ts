import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { OpenDirectory } from '../../../files/open-directory.ts';

// Opens what this process holds open, so that no other directory can take its place meanwhile. Signals to all of a terminal's or a service's
// processes are for this one, which may still have something to sync; the shell ends with its input.
const script =
  'trap "" INT TERM HUP; while read -r fd; do if sync -f "/proc/$PPID/fd/$fd"; then echo synced; else echo failed; fi; done';

/**
 * Makes what is written to a file system outlast a crash of the machine: Node has no syncfs of its own. One shell stays to run the program `sync`,
 * since starting a program from a process as large as this one holds up all of it for milliseconds; each device has one of its own, so that a
 * disk that hangs holds up no other. The returned function is told an open directory, and throws when the disk did not take what was written.
 */
export function createFileSystemSync(): (directory: OpenDirectory) => Promise<void> {
  const shells = new Map<bigint, SyncShell>();
  return async ({ fd, device }) => {
    const kept = shells.get(device);
    const shell = kept?.isAlive() === true ? kept : startShell();
    shells.set(device, shell);
    const answer = await shell.ask(String(fd));
    if (answer !== 'synced') throw new Error(`sync -f ${answer}: the disk did not take what was written`);
  };
}

interface SyncShell {
  readonly isAlive: () => boolean;
  /** Answers come in the order of asking. */
  readonly ask: (line: string) => Promise<string>;
}

function startShell(): SyncShell {
  const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'] });
  const waiting: ((answer: string) => void)[] = [];
  let alive = true;
  const end = () => {
    alive = false;
    for (const answer of waiting.splice(0)) answer('did not run');
  };
  child.once('error', end);
  child.once('exit', end);
  child.stdin.on('error', end);
  createInterface(child.stdout).on('line', (line) => waiting.shift()?.(line));
  letGo(child);
  return {
    isAlive: () => alive,
    ask: (line) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        child.stdin.write(`${line}\n`);
      }),
  };
}

// It ends with its input, when this process does, and keeps it from nothing.
function letGo(child: ChildProcessByStdio<Writable, Readable, null>): void {
  child.unref();
  for (const pipe of [child.stdin, child.stdout]) (pipe as Partial<{ unref: () => void }>).unref?.();
}
