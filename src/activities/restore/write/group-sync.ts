import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Writes all of a file system to its disk, for several who ask at the same time. */
export interface GroupSync {
  /** Whether this machine can; tried once. */
  readonly isUsable: (directory: OpenDirectory) => Promise<boolean>;
  /** Resolves when all that was written to the directory's file system before the call outlasts a crash of the machine. Throws otherwise. */
  readonly sync: (directory: OpenDirectory) => Promise<void>;
}

/**
 * Group commit: one sync at a time for each file system. What is asked for while one is under way waits for the next, which does for all of them.
 * `run` is told an open directory; the program `sync` of this machine unless given.
 */
export function createGroupSync(run: (directory: OpenDirectory) => Promise<void> = createFileSystemSync()): GroupSync {
  const running = new Map<bigint, Promise<void>>();
  const next = new Map<bigint, Promise<void>>();
  let usable: Promise<boolean> | undefined;

  const start = (directory: OpenDirectory): Promise<void> => {
    const { device } = directory;
    const syncing = run(directory).finally(() => running.delete(device));
    running.set(device, syncing);
    return syncing;
  };

  const follow = async (before: Promise<void>, directory: OpenDirectory): Promise<void> => {
    try {
      // Where that fails this fails too: the system tells of what it could not write once, and it may have been of these files.
      await before;
    } finally {
      next.delete(directory.device);
    }
    await start(directory);
  };

  const sync = (directory: OpenDirectory): Promise<void> => {
    const { device } = directory;
    const before = running.get(device);
    if (before === undefined) return start(directory);
    const after = next.get(device) ?? follow(before, directory);
    next.set(device, after);
    return after;
  };

  return {
    sync,
    isUsable: (directory) =>
      (usable ??= sync(directory).then(
        () => true,
        () => false,
      )),
  };
}

// Opens what this process holds open, so that no other directory can take its place meanwhile. Signals to all of a terminal's or a service's
// processes are for this one, which may still have something to sync; the shell ends with its input.
const script =
  'trap "" INT TERM HUP; while read -r fd; do if sync -f "/proc/$PPID/fd/$fd"; then echo synced; else echo failed; fi; done';

/**
 * Makes what is written to a file system outlast a crash of the machine: Node has no syncfs of its own. One shell stays to run the program `sync`,
 * since starting a program from a process as large as this one holds up all of it for milliseconds; each device has one of its own, so that a
 * disk that hangs holds up no other. The returned function is told an open directory, and throws when the disk did not take what was written.
 */
function createFileSystemSync(): (directory: OpenDirectory) => Promise<void> {
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

/** A directory that stays open until the promise is settled that it was given for. */
interface OpenDirectory {
  readonly fd: number;
  readonly device: bigint;
}
