import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lastLines } from '../../src/embedded/programs.ts';
import type { Closing } from '../closing.ts';
import { readUsage, type Usage } from './process-usage.ts';
import type { Measured } from './tool.ts';

// Milliseconds. What a process uses after the last look at it does not count.
const lookEvery = 20;
const keptOutput = 16 * 1024;

/** Runs a program to its end and measures it from its start. Throws with its last words when it fails. */
export async function runMeasured(
  closing: Closing,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Measured> {
  closing.throwIfClosing();
  const began = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const ended = once(child, 'close') as Promise<[number | null]>;
  const forget = closing.add(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-keptOutput)));
  }
  let usage: Usage | undefined;
  const look = setInterval(() => (usage = readUsage(child.pid ?? 0) ?? usage), lookEvery);
  try {
    const [code] = await ended;
    const seconds = (performance.now() - began) / 1000;
    if (code !== 0) throw new Error(`${program} ended with ${code}: ${lastLines(output, 8)}`);
    return { seconds, ...usage };
  } finally {
    clearInterval(look);
    forget();
  }
}
