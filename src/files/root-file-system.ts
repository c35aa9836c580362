import { open, readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileSystem } from '../contracts/suspicion.ts';
import { unescaped } from './walk/mounts.ts';

const devicesByUuid = '/dev/disk/by-uuid';

/**
 * The file system that a directory is on; undefined where the system does not tell. The kernel is asked by which mount an open
 * directory is seen, since of several mounts over each other paths tell the wrong one.
 */
export async function rootFileSystem(root: string): Promise<FileSystem | undefined> {
  try {
    const directory = await open(root);
    try {
      const facts = await readFile(`/proc/self/fdinfo/${directory.fd}`, 'utf8');
      const [, mount] = /^mnt_id:\s*(\d+)$/mu.exec(facts) ?? [];
      return await describeMount(await readFile('/proc/self/mountinfo', 'utf8'), mount);
    } finally {
      await directory.close();
    }
  } catch {
    // Not Linux, or without /proc. What is wrong with the directory itself shows when it is listed.
    return undefined;
  }
}

/** https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html */
async function describeMount(mounts: string, mount: string | undefined): Promise<FileSystem | undefined> {
  const line = mounts.split('\n').find((one) => one.startsWith(`${mount} `));
  if (line === undefined) return undefined;
  const [before = '', after = ''] = line.split(' - ');
  const [, , , , mountedAt = ''] = before.split(' ').map(unescaped);
  const [type = '', source = ''] = after.split(' ').map(unescaped);
  const uuid = await uuidOf(source);
  return { type, source, mountedAt, ...(uuid !== undefined && { uuid }) };
}

async function uuidOf(source: string): Promise<string | undefined> {
  if (!source.startsWith('/dev/')) return undefined;
  try {
    const device = await realpath(source);
    for (const uuid of await readdir(devicesByUuid))
      if ((await realpath(join(devicesByUuid, uuid))) === device) return uuid;
  } catch {
    // A container sees no devices.
  }
  return undefined;
}
