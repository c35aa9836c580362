import { realpath } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { encodeSegment } from '../../../contracts/encoded-path.ts';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import type { Manifest } from '../../../contracts/manifest.ts';
import type { Restore } from '../../../contracts/restore.ts';
import { isInside } from '../../../files/paths.ts';
import { readBelow } from '../../../history/entries/read-below.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import { createSelection } from './select-paths.ts';

interface Asked {
  readonly store: BlobStore;
  readonly manifest: Manifest;
  /** The target's real path. */
  readonly target: string;
  readonly restore: Pick<Restore, 'paths' | 'exact' | 'delete'>;
  /** What no restore writes to. */
  readonly ownFolders: readonly string[];
}

/**
 * Throws an {@link ExpectedError} where a restore could write to the program's own folders or delete from them: it would replace what
 * runs, or what the embedded servers are writing to.
 */
export async function requireApart(asked: Asked, signal: AbortSignal): Promise<void> {
  const { target, ownFolders, restore, manifest } = asked;
  for (const folder of ownFolders) {
    const own = await realpath(folder).catch(() => undefined);
    if (own === undefined) continue;
    if (isInside(target, own)) throw refused(`${target} lies in ${own}`);
    if (!isInside(own, target)) continue;
    if (restore.delete) throw refused(`${target} holds ${own}, and delete could take it away`);
    if (await holdsBelow(asked, relative(target, own), signal)) {
      throw refused(`${target} holds ${own}, and run ${manifest.run} would write there`);
    }
  }
}

/** Whether any of what is asked for is what stands at this way from the root, or in it. */
async function holdsBelow({ store, manifest, restore }: Asked, way: string, signal: AbortSignal): Promise<boolean> {
  const folder = way
    .split(sep)
    .map((name) => encodeSegment(Buffer.from(name)))
    .join('/');
  const selection = createSelection(restore);
  for await (const { path } of readBelow(store, manifest, { beginning: folder }, signal)) {
    if ((path === folder || path.startsWith(`${folder}/`)) && selection.selects(path)) return true;
  }
  return false;
}

function refused(why: string): ExpectedError {
  return new ExpectedError(
    failureTypes.invalidInput,
    `target: ${why}; the program and its own data are there, which no restore may change: restore into another folder, or name other paths`,
  );
}
