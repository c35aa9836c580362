import type { BlobItem, ContainerClient, ContainerListBlobFlatSegmentResponse } from '@azure/storage-blob';
import { comparePaths } from '../contracts/encoded-path.ts';
import type { AskAzure } from './ask-azure.ts';
import type { BlobProperties, BlobVersion } from './blob-store.ts';

const largestPage = 5000;

/** A container as listings ask for it. */
export interface Listed {
  readonly client: ContainerClient;
  readonly ask: AskAzure;
  /** Blobs asked for in one request. */
  readonly pageSize: number;
}

export async function* listBlobs(listed: Listed, prefix: string, signal: AbortSignal): AsyncGenerator<BlobProperties> {
  for await (const { items } of pages(listed, prefix, false, signal)) yield* items.map(propertiesOf);
}

/** The versions of a name are held back until the next name comes, for services send them in orders of their own. */
export async function* listVersions(listed: Listed, prefix: string, signal: AbortSignal): AsyncGenerator<BlobVersion> {
  let held: BlobVersion[] = [];
  for await (const { items, isLast } of pages(listed, prefix, true, signal)) {
    for (const version of items.map(versionOf)) {
      if (held[0] !== undefined && held[0].name !== version.name) {
        yield* inOrder(held);
        held = [];
      }
      held.push(version);
    }
    // A page can end between two versions of a name, and Azurite goes on with the next name.
    if (!isLast && held[0] !== undefined) held.push(...(await versionsOf(listed, held[0].name, signal)));
  }
  yield* inOrder(held);
}

export async function* listFolders(
  { client, ask, pageSize }: Listed,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  // The service orders folders with their slash, in which `a!` comes before `a`; and one page may name a folder that another did.
  const names = new Set<string>();
  let continuationToken: string | undefined;
  do {
    const page = await ask(`list the folders below ${prefix}`, signal, {}, async (abortSignal) => {
      const settings = { maxPageSize: pageSize, ...(continuationToken && { continuationToken }) };
      const { value } = await client.listBlobsByHierarchy('/', { prefix, abortSignal }).byPage(settings).next();
      return value as { segment: { blobPrefixes?: readonly { name: string }[] }; continuationToken?: string };
    });
    continuationToken = page.continuationToken;
    for (const { name } of page.segment.blobPrefixes ?? []) names.add(name.slice(prefix.length, -1));
  } while (continuationToken);
  yield* [...names].sort(comparePaths);
}

// One page at a time, so that each has a time limit of its own.
async function* pages({ client, ask, pageSize }: Listed, prefix: string, snapshots: boolean, signal: AbortSignal) {
  let continuationToken: string | undefined;
  do {
    const page = await ask(`list ${prefix}`, signal, {}, async (abortSignal) => {
      const settings = { maxPageSize: pageSize, ...(continuationToken && { continuationToken }) };
      const options = { prefix, includeMetadata: true, includeSnapshots: snapshots, abortSignal };
      const { value } = await client.listBlobsFlat(options).byPage(settings).next();
      return value as ContainerListBlobFlatSegmentResponse;
    });
    continuationToken = page.continuationToken;
    yield { items: page.segment.blobItems, isLast: !continuationToken };
  } while (continuationToken);
}

// Of all names that begin with this one it comes first.
async function versionsOf(listed: Listed, name: string, signal: AbortSignal): Promise<BlobVersion[]> {
  for await (const { items } of pages({ ...listed, pageSize: largestPage }, name, true, signal)) {
    return items.map(versionOf).filter((version) => version.name === name);
  }
  return [];
}

function inOrder(versions: readonly BlobVersion[]): BlobVersion[] {
  const bySnapshot = new Map(versions.map((version) => [version.snapshot, version]));
  // Snapshots are times of one length; `~` comes after them.
  return [...bySnapshot.values()].sort((a, b) => comparePaths(a.snapshot ?? '~', b.snapshot ?? '~'));
}

function versionOf(blob: BlobItem): BlobVersion {
  return { ...propertiesOf(blob), ...(blob.snapshot && { snapshot: blob.snapshot }) };
}

function propertiesOf({ name, properties, metadata = {} }: BlobItem): BlobProperties {
  return {
    name,
    etag: etagOf(properties.etag),
    size: properties.contentLength ?? 0,
    metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key.toLowerCase(), value])),
    ...archivedAt(properties.accessTier),
  };
}

/** What a blob's tier says of it. */
export function archivedAt(tier: string | undefined): Pick<BlobProperties, 'archived'> {
  return tier === 'Archive' ? { archived: true } : {};
}

/** A HEAD quotes the etag and a listing does not; one form makes them comparable. */
export function etagOf(etag: string | undefined): string {
  const bare = (etag ?? '').replaceAll('"', '');
  return `"${bare}"`;
}
