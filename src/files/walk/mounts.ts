import { readFile } from 'node:fs/promises';
import { isWithin } from '../resolve-within.ts';

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
}

/** What is mounted as this process sees it; undefined where the system does not tell, as outside of Linux. */
export async function readMounts(root: Buffer): Promise<Mounts | undefined> {
  const table = await readFile('/proc/self/mountinfo', 'latin1').catch(() => undefined);
  return table === undefined ? undefined : mountsOf(table, root);
}

/** The mounts below `root`, a real path, by a table as in proc_pid_mountinfo(5), its bytes read as Latin-1. */
export function mountsOf(table: string, root: Buffer): Mounts {
  const mounts = table.split('\n').flatMap(parseMount);
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

function parseMount(line: string): Mount[] {
  const [id, parent, , , point] = line.split(' ');
  if (id === undefined || parent === undefined || point === undefined) return [];
  return [{ id, parent, point: Buffer.from(unescaped(point), 'latin1') }];
}

/** A field of the table: spaces, tabs, line breaks and backslashes stand there in octal digits. */
export function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/gu, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
