import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A way to exchange a directory and a symlink as quickly as it goes. */
export interface Exchanger {
  readonly name: string;
  readonly command: readonly string[];
}

/** By renames on every machine, and by the one call that does it where there is a Python to make it. */
export const exchangers: readonly Exchanger[] = [
  { name: 'renames', command: [process.execPath, fileURLToPath(new URL('exchanger.ts', import.meta.url))] },
  ...(canExchangeAtOnce()
    ? [{ name: 'one call', command: ['python3', fileURLToPath(new URL('exchanger.py', import.meta.url))] }]
    : []),
];

function canExchangeAtOnce(): boolean {
  try {
    execFileSync('python3', ['-c', 'import ctypes; ctypes.CDLL(None).renameat2'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Exchanges a directory with a symlink to `target` that lies at `link`, while `work` goes on. Returns how often. */
export async function whileExchanging(
  { command: [program = '', ...args] }: Exchanger,
  { place, link, target }: { readonly place: string; readonly link: string; readonly target: string },
  work: () => Promise<void>,
): Promise<number> {
  const child = spawn(program, [...args, place, link, target], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  try {
    await lines.next();
    await work();
  } finally {
    child.stdin.end();
    await ended;
  }
  return Number((await lines.next()).value);
}
