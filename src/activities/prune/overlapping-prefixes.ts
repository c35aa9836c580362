import { systemFolder } from '../../contracts/blob-prefix.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { blobFolder } from '../../history/records/blob-names.ts';
import { readManifest } from '../../history/records/read-manifest.ts';
import { listRuns } from '../../history/runs/run-catalogue.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { prefixOfFolder } from '../../storage/run-layout.ts';

/** The other prefixes of the container whose blobs lie below this one: their blobs are theirs. */
export async function prefixesBelow(store: BlobStore, prefix: string, signal: AbortSignal): Promise<string[]> {
  return (await prefixes(store, signal)).filter((other) => other !== prefix && other.startsWith(prefix));
}

/**
 * Throws `PruneRefused` when the runs of another prefix may have blobs below this one, as a backup of `/site` without a prefix and one
 * below the prefix `site/` do: whose a blob is could not be told then.
 */
export async function requireApart(store: BlobStore, prefix: string, signal: AbortSignal): Promise<void> {
  for (const other of await prefixes(store, signal)) {
    if (other === prefix || !prefix.startsWith(other)) continue;
    for await (const id of listRuns(store, other, signal)) {
      const root = (await readManifest(store, { prefix: other, id }, signal))?.manifest.root;
      if (root !== undefined && meet(blobFolder({ prefix: other, root }), prefix)) throw notApart(prefix, other, root);
    }
  }
}

async function prefixes(store: BlobStore, signal: AbortSignal): Promise<string[]> {
  const folders = await Array.fromAsync(store.listFolders(`${systemFolder}/`, signal));
  return folders.flatMap((folder) => prefixOfFolder(folder) ?? []);
}

function meet(folder: string, prefix: string): boolean {
  return folder.startsWith(prefix) || prefix.startsWith(folder);
}

function notApart(prefix: string, other: string, root: string): ExpectedError {
  return new ExpectedError(
    failureTypes.pruneRefused,
    `The prefix "${prefix}" cannot be pruned: backups of ${root} below the prefix "${other}" put blobs there too, and whose a blob is cannot be told; forget and prune those first, or leave this prefix as it is`,
  );
}
