import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Runs a program of the tests as a user whom permissions bind, which root is not; returns what it printed. */
export async function runAsNobody(program: URL, ...args: string[]): Promise<string> {
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(program), ...args], nobody);
  return stdout;
}
