import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Runs a program of the tests as a user whom permissions bind, which root is not; returns what it printed. */
export async function runAsNobody(program: URL, ...args: string[]): Promise<string> {
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(program), ...args], nobody);
  return stdout;
}

/** As {@link runAsNobody}, with the capability to read what no permission lets it read, where that can be given. */
export async function runAsReader(program: URL, ...args: string[]): Promise<string> {
  const only = '-all,+dac_read_search';
  const user = ['--reuid=65534', '--regid=65534', '--clear-groups', `--inh-caps=${only}`, `--ambient-caps=${only}`];
  const prefix = process.getuid?.() === 0 && process.platform === 'linux' ? ['setpriv', ...user, '--'] : [];
  const [name = '', ...rest] = [...prefix, process.execPath, fileURLToPath(program), ...args];
  const { stdout } = await promisify(execFile)(name, rest);
  return stdout;
}
