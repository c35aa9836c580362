import { realpath } from 'node:fs/promises';
import { selectEntries, type SelectOptions } from '../../../src/activities/backup/select-entries.ts';
import { displayPath } from '../../../src/contracts/encoded-path.ts';
import type { Filters, Why } from '../../../src/contracts/filters.ts';
import { entryKey, type PageEntry } from '../../../src/contracts/manifest.ts';
import type { LeftOut } from '../../../src/files/walk/scope.ts';

export interface Selected {
  readonly entries: readonly PageEntry[];
  /** As `entryKey` names them. */
  readonly keys: readonly string[];
  /** The paths of the files, for people. */
  readonly files: readonly string[];
  readonly leftOut: readonly LeftOut[];
  /** Why each path was left out; one that ends in `/*` means what is in a folder. */
  readonly whys: Readonly<Record<string, Why>>;
  readonly excluded: number;
  readonly matched: string;
}

/** What a listing of a directory comes to. */
export async function select(root: string, filters?: Filters, options: Partial<SelectOptions> = {}): Promise<Selected> {
  const leftOut: LeftOut[] = [];
  const real = await realpath(root);
  const selected = await selectEntries(real, {
    filters,
    roots: [real],
    onLeftOut: (one) => void leftOut.push(one),
    ...options,
  });
  const entries = await Array.fromAsync(selected.entries);
  return {
    entries,
    keys: entries.map(entryKey),
    files: entries.filter(({ kind }) => kind === 'file').map(({ path }) => displayPath(path)),
    leftOut,
    whys: Object.fromEntries(leftOut.map((one) => [nameOf(one), one.why])),
    excluded: selected.excluded(),
    matched: selected.matched(),
  };
}

function nameOf({ path, isDirectory, isContent }: LeftOut): string {
  if (isContent) return `${path}/*`;
  return isDirectory ? `${path}/` : path;
}
