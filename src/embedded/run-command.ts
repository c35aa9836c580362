import { execa } from 'execa';

/** How a command ended. */
export interface CommandResult {
  /** 0 when it succeeded; null when it could not be started, was killed or ran out of time. */
  readonly code: number | null;
  /** What it wrote, standard output and standard error together, and why it could not be started or was killed. */
  readonly output: string;
}

export interface CommandOptions {
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
