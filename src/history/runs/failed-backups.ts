import { z } from 'zod';
import { failedBackupSchema, type FailedBackup } from '../../contracts/backup.ts';
import { isBlobStoreError, type BlobStore } from '../../storage/blob-store.ts';
import { failedBlob, failedFolder } from '../../storage/run-layout.ts';
import { readBlob } from '../records/read-blob.ts';

interface Root {
  readonly prefix: string;
  readonly root: string;
}

// Of a schedule that fails each hour, four days.
const mostKept = 100;

const schema = z.object({
  format: z.literal(1),
  root: z.string(),
  failures: z.array(failedBackupSchema),
});

/** The last backups of a root that failed without leaving a manifest, oldest first; what cannot be read of them is as if it were not there. */
export async function readFailedBackups(store: BlobStore, place: Root, signal: AbortSignal): Promise<FailedBackup[]> {
  return (await read(store, place, signal)).failures;
}

/** The same of all roots below a prefix. */
export async function failedBackupsBelow(
  store: BlobStore,
  prefix: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly FailedBackup[]>> {
  const byRoot = new Map<string, FailedBackup[]>();
  for await (const { name } of store.list(failedFolder(prefix), signal)) {
    const { root, failures } = await readNamed(store, name, signal);
    if (root !== undefined) byRoot.set(root, failures);
  }
  return byRoot;
}

/** Adds one, unless it is there, and lets go of the oldest where they are many. Throws `precondition-failed` when another is added just then. */
export async function addFailedBackup(
  store: BlobStore,
  place: Root,
  failure: FailedBackup,
  signal: AbortSignal,
): Promise<void> {
  const { failures, etag } = await read(store, place, signal);
  if (failures.some(({ execution }) => execution === failure.execution)) return;
  const kept = { format: 1, root: place.root, failures: [...failures, failure].slice(-mostKept) };
  const precondition = etag === undefined ? { absent: true as const } : { etag };
  const body = Buffer.from(`${JSON.stringify(kept)}\n`);
  await store.put(failedBlob(place.prefix, place.root), body, {
    signal,
    precondition,
    contentType: 'application/json',
  });
}

function read(store: BlobStore, { prefix, root }: Root, signal: AbortSignal): Promise<Found> {
  return readNamed(store, failedBlob(prefix, root), signal);
}

interface Found {
  readonly root?: string;
  readonly failures: FailedBackup[];
  readonly etag?: string;
}

async function readNamed(store: BlobStore, name: string, signal: AbortSignal): Promise<Found> {
  const found = await readBlob(store, name, signal).catch(noneYet);
  if (!found) return { failures: [] };
  const { etag, bytes } = found;
  try {
    const { root, failures } = schema.parse(JSON.parse(bytes.toString()));
    return { root, failures, etag };
  } catch {
    return { failures: [], etag };
  }
}

// Where nothing was backed up there is no container either.
function noneYet(error: unknown): undefined {
  if (!isBlobStoreError(error, 'not-found')) throw error;
}
