import type { ContainerClient } from '@azure/storage-blob';
import { isContentOutcome, type ManifestEntry } from '../../src/contracts/manifest.ts';
import { containerClient, readManifest } from './stored-run.ts';

interface Version {
  readonly name: string;
  readonly etag: string;
  readonly size: number;
  readonly snapshot: string | undefined;
  readonly sha256: string | undefined;
}

/** Every blob and snapshot of the container, read past the code under test. */
export async function versionsIn(container: ContainerClient): Promise<Version[]> {
  const found: Version[] = [];
  for await (const blob of container.listBlobsFlat({ includeSnapshots: true, includeMetadata: true })) {
    const { name, snapshot, properties, metadata } = blob;
    const etag = `"${(properties.etag ?? '').replaceAll('"', '')}"`;
    const sha256 = metadata?.['sha256'];
    found.push({ name, etag, size: properties.contentLength ?? 0, snapshot: snapshot || undefined, sha256 });
  }
  // An emulator lists a blob before or after its snapshots, as it happens.
  return found.toSorted((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1));
}

function placeOf({ name, snapshot = '' }: Version): string {
  return `${name}\0${snapshot}`;
}

/** What a prune must come to, worked out from the manifests of the runs that were kept and nothing else. */
export interface Leftovers {
  /** Names of blobs and snapshots of files that no kept run refers to and that nothing keeps from going. */
  readonly files: readonly string[];
  /** Names of what jobs wrote for themselves and nobody needs. */
  readonly data: readonly string[];
  /** Names of files that a kept run refers to and that are not there. */
  readonly missing: readonly string[];
  /** What the kept runs refer to: distinct contents of distinct blobs. */
  readonly neededBytes: number;
  /** All versions of files that are there. */
  readonly storedBytes: number;
}

const own = '.durable-backup/';
// What stays: manifests with their shards, reports with their ledgers, the marks of owner, root and targets, what each run left out, and what each run of a job says of itself.
const lasting =
  /^\.durable-backup\/[^/]+\/(?:owner\.json|running\/[^/]+\.json|targets\/[^/]+\/[^/]+\.json|runs\/[^/]+\/(?:manifest\.json|(?:manifest|left-out)\/.*)|(?:restores|verifications)\/[^/]+\/(?:report\.json|ledger\/.*)|prunes\/[^/]+\/report\.json)$/u;

/** `runs` are the ids of those kept. */
export async function leftoversIn(containerName: string, runs: readonly string[]): Promise<Leftovers> {
  const container = containerClient(containerName);
  const versions = await versionsIn(container);
  const manifests = versions
    .map(({ name }) => name)
    .filter((name) => /^\.durable-backup\/[^/]+\/runs\/[^/]+\/manifest\.json$/u.test(name));
  const data = versions
    .map(({ name }) => name)
    .filter((name) => name.startsWith(own))
    .filter((name) => !lasting.test(name) || (/\/runs\//u.test(name) && !runs.some((run) => name.includes(run))))
    .filter((name) => !isLastMark(name, versions));
  const files = versions.filter(({ name }) => !name.startsWith(own));
  const needed = new Set<Version>();
  const missing: string[] = [];
  for (const manifest of manifests.filter((name) => runs.some((run) => name.includes(run)))) {
    const { entries } = await readManifest(container, `${containerName}/${manifest}`);
    for (const entry of entries.filter(({ outcome }) => isContentOutcome(outcome))) {
      const version = meantBy(entry, files);
      if (version) needed.add(version);
      else missing.push(entry.blob ?? '');
    }
  }
  for (const run of runs) if (!manifests.some((name) => name.includes(run))) missing.push(run);
  const heldNames = new Set([...needed].filter(({ snapshot }) => snapshot !== undefined).map(({ name }) => name));
  const left = files.filter(
    (version) => !needed.has(version) && !(version.snapshot === undefined && heldNames.has(version.name)),
  );
  return {
    files: left.filter(({ sha256 }) => sha256 !== undefined).map(({ name, snapshot }) => `${name} ${snapshot ?? ''}`),
    data,
    missing,
    neededBytes: sum([...needed]),
    storedBytes: sum(files),
  };
}

/** Whether it says that a run is forgotten of which nothing else is left: the next prune deletes it. */
function isLastMark(name: string, versions: readonly Version[]): boolean {
  const [, folder, run] = /^(\.durable-backup\/[^/]+\/)forgotten\/([^/]+)\.json$/u.exec(name) ?? [];
  return run !== undefined && !versions.some((other) => other.name.startsWith(`${folder}runs/${run}/`));
}

function meantBy({ blob, etag, sha256, size }: ManifestEntry, versions: readonly Version[]): Version | undefined {
  const fits = versions.filter(
    (version) =>
      version.name === blob && (version.etag === etag || (version.size === size && version.sha256 === sha256)),
  );
  return fits.find(({ snapshot }) => snapshot === undefined) ?? fits.toSorted(bySnapshot).at(-1);
}

function bySnapshot(a: Version, b: Version): number {
  return (a.snapshot ?? '') < (b.snapshot ?? '') ? -1 : 1;
}

function sum(versions: readonly Version[]): number {
  return versions.reduce((bytes, { size }) => bytes + size, 0);
}
