import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const outputKept = 1000;
// A program that left others behind may have given them its output, which then stays open.
const outputWithin = 500;

export interface ProgramOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Its standard input. */
  readonly input: string;
  /** Milliseconds after which it is killed, with all that it started. */
  readonly timeout: number;
  /** Kills it likewise, and makes the call reject. */
  readonly signal: AbortSignal;
}

export interface ProgramEnd {
  /** Null when it did not end by itself. */
  readonly code: number | null;
  /** Why there is no code. */
  readonly reason?: string;
  /** The last of what it wrote. */
  readonly output: string;
}

/** Runs a program with its arguments, and no shell, to its end. */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<ProgramEnd> {
  const { env, timeout, signal } = options;
  signal.throwIfAborted();
  const [program = '', ...args] = argv;
  const late = AbortSignal.timeout(timeout);
  let child: ChildProcess | undefined;
  const kill = () => child && killGroup(child);
  late.addEventListener('abort', kill);
  signal.addEventListener('abort', kill);
  try {
    // The first of a group of its own, so that all of it can be killed.
    child = spawn(program, args, { env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    return await endOf(child, options, late);
  } catch (error) {
    if (signal.aborted) throw error;
    return {
      code: null,
      // The message may cite the arguments.
      reason: `cannot be run (${(error as NodeJS.ErrnoException).code ?? (error as Error).name})`,
      output: '',
    };
  } finally {
    late.removeEventListener('abort', kill);
    signal.removeEventListener('abort', kill);
    child?.stdout?.destroy();
    child?.stderr?.destroy();
  }
}

async function endOf(
  child: ChildProcess,
  { input, timeout, signal }: ProgramOptions,
  late: AbortSignal,
): Promise<ProgramEnd> {
  // What cannot be started is told later, and what cannot be killed later still.
  child.on('error', () => undefined);
  const closed = once(child, 'close');
  closed.catch(() => undefined);
  const exited = once(child, 'exit');
  const output = tailOf(child);
  // It need not read what it is told, and has no input where the system has no more files to open.
  child.stdin?.on('error', () => undefined).end(input);
  const [code, killedBy] = (await exited) as [number | null, NodeJS.Signals | null];
  await Promise.race([closed, sleep(outputWithin)]);
  signal.throwIfAborted();
  if (late.aborted) return { code: null, reason: `took longer than ${timeout / 1000} seconds`, output: output() };
  if (code === null) return { code, reason: `was ended by ${killedBy}`, output: output() };
  return { code, output: output() };
}

function tailOf({ stdout, stderr }: ChildProcess): () => string {
  let kept = Buffer.alloc(0);
  const keep = (chunk: Buffer) => void (kept = Buffer.concat([kept, chunk]).subarray(-outputKept));
  stdout?.on('data', keep);
  stderr?.on('data', keep);
  return () => kept.toString().trim();
}

function killGroup(child: ChildProcess): void {
  try {
    process.kill(-(child.pid ?? Number.NaN), 'SIGKILL');
  } catch {
    // It has just ended, or this system knows no groups.
    child.kill('SIGKILL');
  }
}
