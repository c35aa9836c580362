import { spawn } from 'node:child_process';

/** How a command ended. */
export interface CommandResult {
  /** 0 when it succeeded; null when it could not be started, was killed or ran out of time. */
  readonly code: number | null;
  /** The last 16 KiB that it wrote, standard output and standard error together, or why it could not be started. */
  readonly output: string;
}

export interface CommandOptions {
  /** Milliseconds after which the command is killed. */
  readonly timeout: number;
  /** Sends the command's standard output to our standard error while it runs, so that a person sees its progress. */
  readonly showProgress?: boolean;
}

const keptOutput = 16 * 1024;

/** Runs a command to its end. Never throws: a command that cannot be started is a result too. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve) => {
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-keptOutput);
    };
    const child = spawn(command, args, {
      stdio: ['ignore', options.showProgress === true ? 2 : 'pipe', 'pipe'],
      timeout: options.timeout,
      killSignal: 'SIGKILL',
      windowsHide: true,
    });
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.once('error', (error) => resolve({ code: null, output: error.message }));
    // After 'exit' a grandchild may hold the pipes open for ever; 'close' alone would wait for it.
    child.once('exit', (code, signal) => {
      const end = (): void => {
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve({ code, output: signal === null ? output.trim() : `${output.trim()} (killed by ${signal})`.trim() });
      };
      const late = setTimeout(end, 500);
      child.once('close', () => {
        clearTimeout(late);
        end();
      });
    });
  });
}

/** The last lines of a command's output on one line, for an error message. */
export function lastLines(output: string, count = 2): string {
  const lines = output.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .slice(-count)
    .join(' / ');
}
