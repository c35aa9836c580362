import { execa } from 'execa';
import { delimiter } from 'node:path';
import which from 'which';

/** How a command ended. */
interface CommandResult {
  /** 0 when it succeeded; null when it could not be started, was killed or ran out of time. */
  readonly code: number | null;
  /** What it wrote, standard output and standard error together, and why it could not be started or was killed. */
  readonly output: string;
}

interface CommandOptions {
  /** Milliseconds after which the command is killed, with the processes that it started. */
  readonly timeout: number;
  /** Sends the command's standard output to our standard error while it runs, so that a person sees its progress. */
  readonly showProgress?: boolean;
}

/** Runs a command to its end. Never throws: a command that cannot be started is a result too. */
export async function runCommand(
  command: string,
  args: readonly string[],
  { timeout, showProgress = false }: CommandOptions,
): Promise<CommandResult> {
  const {
    all = '',
    exitCode,
    timedOut,
    originalMessage,
    signal,
  } = await execa(command, args, {
    stdin: 'ignore',
    ...(showProgress && { stdout: process.stderr }),
    all: true,
    reject: false,
    timeout,
    killSignal: 'SIGKILL',
    // One of them may hold the output open for ever.
    killDescendants: true,
  });
  if (exitCode !== undefined && !timedOut) return { code: exitCode, output: all };
  const why = originalMessage ?? `killed by ${signal ?? 'SIGKILL'}`;
  return { code: null, output: all === '' ? why : `${all.trim()} (${why})` };
}

/** The last lines of a command's output on one line, for an error message. */
export function lastLines(output: string, count = 2): string {
  const lines = output.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .slice(-count)
    .join(' / ');
}

/**
 * The full path of the program `name` in the directories of `searchPath` (the form of the `PATH` variable), or where it has a slash
 * that path itself; undefined where there is no such file that this user may execute. On Windows only `.exe` files count, for scripts
 * need a shell to start them.
 */
export async function findOnPath(name: string, searchPath = ''): Promise<string | undefined> {
  // An empty entry would mean the working directory, whatever is in there.
  const path = searchPath.split(delimiter).filter(Boolean).join(delimiter);
  if (path === '' && !/[/\\]/u.test(name)) return undefined;
  return (await which(name, { path, pathExt: '.EXE', nothrow: true })) ?? undefined;
}

/** What a program's file is called on this platform. */
export function executableName(name: string): string {
  return process.platform === 'win32' ? `${name}.exe` : name;
}
