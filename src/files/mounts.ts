import { open, readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileSystem } from '../contracts/suspicion.ts';
import { isWithin } from './paths.ts';

/** What is mounted below a directory: a device that is mounted twice looks like one file system by its number alone. */
export interface Mounts {
  /** Whether something is mounted at a real path that is reached from the root without passing another mount. */
  readonly isMountPoint: (real: Buffer) => boolean;
  /** Whether a real path, anywhere, is in another mount than the root. */
  readonly isElsewhere: (real: Buffer) => boolean;
}

interface Mount {
  readonly id: string;
  readonly parent: string;
  readonly point: Buffer;
  readonly type: string;
  readonly source: string;
}

const mountTable = '/proc/self/mountinfo';
const devicesByUuid = '/dev/disk/by-uuid';

/** What is mounted as this process sees it; undefined where the system does not tell, as outside of Linux. */
export async function readMounts(root: Buffer): Promise<Mounts | undefined> {
  const table = await readFile(mountTable, 'latin1').catch(() => undefined);
  return table === undefined ? undefined : mountsOf(table, root);
}

/** The mounts below `root`, a real path, by the system's table of them, its bytes read as Latin-1. */
export function mountsOf(table: string, root: Buffer): Mounts {
  const mounts = parseMounts(table);
  const ids = new Set(mounts.map(({ id }) => id));
  const inMount = Map.groupBy(mounts, ({ id, parent }) => (parent !== id && ids.has(parent) ? parent : undefined));

  // The system passes one mount after the other on the way along a path; what lies behind them is hidden.
  const mountAt = (real: Buffer): string | undefined => {
    let at: string | undefined;
    for (;;) {
      const next = nearest(inMount.get(at) ?? [], real);
      if (!next) return at;
      at = next.id;
    }
  };

  const rootMount = mountAt(root);
  const points = new Set(inMount.get(rootMount)?.map(({ point }) => point.toString('latin1')));
  return {
    isMountPoint: (real) => points.has(real.toString('latin1')),
    isElsewhere: (real) => mountAt(real) !== rootMount,
  };
}

/** Which of the mounts a path comes to first. */
function nearest(mounts: readonly Mount[], real: Buffer): Mount | undefined {
  const onTheWay = mounts.filter(({ point }) => isWithin(real, point));
  return onTheWay.toSorted((a, b) => a.point.length - b.point.length)[0];
}

/** https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html, its bytes read as Latin-1. */
function parseMounts(table: string): Mount[] {
  return table.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [id, parent, , , point] = before.split(' ');
    const [type = '', source = ''] = after.split(' ').map((field) => bytesOf(field).toString());
    return id === undefined || parent === undefined || point === undefined
      ? []
      : [{ id, parent, point: bytesOf(point), type, source }];
  });
}

/** A field of the table: spaces, tabs, line breaks and backslashes stand there in octal digits. */
function bytesOf(field: string): Buffer {
  const text = field.replace(/\\([0-7]{3})/gu, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
  return Buffer.from(text, 'latin1');
}

/**
 * The file system that a directory is on; undefined where the system does not tell. The kernel is asked by which mount an open
 * directory is seen, since of several mounts over each other paths tell the wrong one.
 */
export async function rootFileSystem(root: string): Promise<FileSystem | undefined> {
  try {
    const directory = await open(root);
    try {
      const facts = await readFile(`/proc/self/fdinfo/${directory.fd}`, 'utf8');
      const [, seenBy] = /^mnt_id:\s*(\d+)$/mu.exec(facts) ?? [];
      const mount = parseMounts(await readFile(mountTable, 'latin1')).find(({ id }) => id === seenBy);
      return mount && (await described(mount));
    } finally {
      await directory.close();
    }
  } catch {
    // Not Linux, or without /proc. What is wrong with the directory itself shows when it is listed.
    return undefined;
  }
}

async function described({ type, source, point }: Mount): Promise<FileSystem> {
  const uuid = await uuidOf(source);
  return { type, source, mountedAt: point.toString(), ...(uuid !== undefined && { uuid }) };
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
