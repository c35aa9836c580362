import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../shared/message-of.ts';

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
  const { env, input, timeout, signal } = options;
  signal.throwIfAborted();
  const [program = '', ...args] = argv;
  // The first of a group of its own, so that all of it can be killed.
  const child = spawn(program, args, { env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const late = AbortSignal.timeout(timeout);
  const output = tailOf(child);
  const kill = () => killGroup(child);
  late.addEventListener('abort', kill);
  signal.addEventListener('abort', kill);
  // It need not read what it is told.
  child.stdin.on('error', () => undefined).end(input);
  try {
    const closed = once(child, 'close');
    closed.catch(() => undefined);
    const [code, killedBy] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    await Promise.race([closed, sleep(outputWithin)]);
    signal.throwIfAborted();
    if (late.aborted) return { code: null, reason: `took longer than ${timeout / 1000} seconds`, output: output() };
    if (code === null) return { code, reason: `was ended by ${killedBy}`, output: output() };
    return { code, output: output() };
  } catch (error) {
    if (signal.aborted) throw error;
    return {
      code: null,
      reason: `cannot be run (${(error as NodeJS.ErrnoException).code ?? messageOf(error)})`,
      output: '',
    };
  } finally {
    late.removeEventListener('abort', kill);
    signal.removeEventListener('abort', kill);
    child.stdout.destroy();
    child.stderr.destroy();
  }
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
