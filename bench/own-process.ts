import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { lastLines } from '../src/embedded/programs.ts';
import type { Closing } from './closing.ts';

const keptLines = 20;
// Longer than a worker takes to give back what it is at. Milliseconds.
const patience = 30_000;

export interface OwnProcess {
  readonly pid: number;
  /** What matched in its log. */
  readonly ready: RegExpExecArray;
  /** Rejects when it ends although nobody asked it to; never resolves. */
  readonly failed: Promise<never>;
  /** SIGTERM, and SIGKILL when it does not end by that; waits for its end. */
  readonly stop: () => Promise<void>;
  /** SIGKILL; waits for its end. */
  readonly kill: () => Promise<void>;
}

export interface Program {
  readonly entry: URL;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly nodeOptions?: readonly string[];
}

/** Runs a program with Node in a process of its own that ends with the bench; returns once a line of its log matches. */
export async function startProcess(closing: Closing, program: Program, ready: RegExp): Promise<OwnProcess> {
  const { entry, args = [], env, nodeOptions = [] } = program;
  closing.throwIfClosing();
  const path = fileURLToPath(entry);
  const child = spawn(process.execPath, [...nodeOptions, path, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  const ended = once(child, 'close');
  let wanted = false;
  const end = async (signal: NodeJS.Signals) => {
    wanted = true;
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), patience);
    await ended;
    clearTimeout(late);
  };
  closing.add(() => end('SIGTERM'));
  const seen: string[] = [];
  const found = Promise.withResolvers<RegExpExecArray>();
  const failed = Promise.withResolvers<never>();
  const take = (line: string) => {
    seen.push(line);
    if (seen.length > keptLines) seen.shift();
    const match = ready.exec(line);
    if (match) found.resolve(match);
  };
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', take);
  child.once('close', (code) => {
    const error = new Error(`${path} ended with ${code}: ${lastLines(seen.join('\n'), keptLines)}`);
    found.reject(error);
    if (!wanted) failed.reject(error);
  });
  // Whoever waits for its work hears of it; nobody has to.
  failed.promise.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    ready: await found.promise,
    failed: failed.promise,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}
