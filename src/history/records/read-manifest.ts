import { z } from 'zod';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { comparePaths } from '../../contracts/encoded-path.ts';
import type { Filters } from '../../contracts/filters.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { runLayout } from '../../storage/run-layout.ts';
import { attributesSchema } from './attributes-schema.ts';
import { fileSystemSchema, suspicionSchema } from '../../contracts/suspicion.ts';
import { acceptedAt } from './accepted.ts';
import { isSealed } from './manifest-checksum.ts';
import { manifestInvalid } from './manifest-invalid.ts';
import { readBlob } from './read-blob.ts';

const format = 1;
const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/u, 'must be 64 hexadecimal digits');
const shards = z.array(z.object({ blob: z.string(), sha256, entries: count, first: z.string().max(500) }));

const manifestSchema = z.object({
  format: z.literal(format),
  run: z.string(),
  instanceId: z.string(),
  root: z.string(),
  rootAttributes: z.exactOptional(attributesSchema),
  prefix: z.string(),
  host: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  complete: z.boolean(),
  files: count,
  bytes: count,
  failed: count,
  skipped: count,
  // A later version may know more of them.
  filters: z.exactOptional(z.custom<Filters>((value) => typeof value === 'object' && value !== null)),
  excluded: z.exactOptional(count),
  leftOut: z.exactOptional(shards),
  tags: z.array(z.string()).exactOptional(),
  fileSystem: fileSystemSchema.exactOptional(),
  suspect: z.object(suspicionSchema.omit({ acceptedAt: true }).shape).exactOptional(),
  shards,
  checksum: sha256,
});

/** A manifest that has passed every check, with whether it was accepted if it is suspect, and the etag of its blob. */
export interface StoredManifest {
  readonly manifest: Manifest;
  readonly etag: string;
}

/**
 * The manifest of a run; undefined when there is none. Throws an {@link ExpectedError}: `ManifestTooNew` when it is of a format that
 * a later version writes, and `ManifestInvalid` when it is anything else than what a backup wrote there.
 */
export async function readManifest(
  store: BlobStore,
  run: { readonly prefix: string; readonly id: string },
  signal: AbortSignal,
): Promise<StoredManifest | undefined> {
  const layout = runLayout(run);
  const found = await readBlob(store, layout.manifest, signal);
  if (found === undefined) return undefined;
  const manifest = parseManifest(layout.manifest, found.bytes);
  if (manifest.run !== run.id || manifest.prefix !== run.prefix) {
    throw manifestInvalid(layout.manifest, `is the manifest of run ${manifest.run} below prefix "${manifest.prefix}"`);
  }
  const foreign = manifest.leftOut?.find(({ blob }) => !blob.startsWith(layout.leftOut));
  if (foreign) throw manifestInvalid(layout.manifest, `names ${foreign.blob}, which is not of its run`);
  let before = layout.shards;
  for (const { blob } of manifest.shards) {
    const isNext = blob.startsWith(layout.shards) && comparePaths(before, blob) < 0;
    if (!isNext) throw manifestInvalid(layout.manifest, `names the shard ${blob}, which is no next shard of its run`);
    before = blob;
  }
  return { manifest: await withAcceptance(store, manifest, signal), etag: found.etag };
}

async function withAcceptance(store: BlobStore, manifest: Manifest, signal: AbortSignal): Promise<Manifest> {
  const { prefix, run: id, suspect } = manifest;
  const accepted = suspect && (await acceptedAt(store, { prefix, id }, signal));
  return suspect && accepted !== undefined ? { ...manifest, suspect: { ...suspect, acceptedAt: accepted } } : manifest;
}

function parseManifest(blob: string, bytes: Buffer): Manifest {
  const value = parseJson(blob, bytes);
  const itsFormat = value['format'];
  if (Number.isSafeInteger(itsFormat) && Number(itsFormat) > format) {
    throw new ExpectedError(
      failureTypes.manifestTooNew,
      `${blob} has format ${String(itsFormat)}, and this version knows format ${format}: upgrade durable-backup to use this run`,
    );
  }
  const { data, error } = manifestSchema.safeParse(value);
  if (error) {
    const [issue] = error.issues;
    throw manifestInvalid(blob, `is not a manifest (${issue?.path.join('.') || 'it'}: ${issue?.message})`);
  }
  if (!isSealedManifest(value)) throw manifestInvalid(blob, 'is not what its checksum was made of');
  return data;
}

function parseJson(blob: string, bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(bytes.toString())) as Record<string, unknown>;
  } catch (error) {
    throw manifestInvalid(blob, 'is not JSON', error);
  }
}

function isSealedManifest(value: Readonly<Record<string, unknown>>): boolean {
  try {
    return isSealed(value);
  } catch {
    // Values nested too deep to be written again.
    return false;
  }
}

/** The manifest that a restore or a verification is of. Throws an {@link ExpectedError} when it is another than the one that was checked. */
export async function readFixedManifest(
  store: BlobStore,
  job: { readonly prefix: string; readonly run: string; readonly manifestEtag: string },
  signal: AbortSignal,
): Promise<Manifest> {
  const found = await readManifest(store, { prefix: job.prefix, id: job.run }, signal);
  if (found?.etag === job.manifestEtag) return found.manifest;
  throw new ExpectedError(
    failureTypes.manifestInvalid,
    `the manifest of run ${job.run} is another than when it was checked: start again`,
  );
}
