import { isVersionOf } from '../../history/entries/find-version.ts';
import { readEntries } from '../../history/entries/read-entries.ts';
import { eachConcurrently } from '../../lib/each-concurrently.ts';
import { holdsContent, type Manifest } from '../../contracts/manifest.ts';
import type { Verification } from '../../contracts/verification.ts';
import type { BlobStore, BlobVersion } from '../../storage/blob-store.ts';
import { createPageFill } from '../paged/fill-page.ts';
import { blobFolder, isPlain } from '../../history/records/blob-names.ts';
import type { ExtraBlobs } from './extra-blobs.ts';
import { createListedBlobs } from './listed-blobs.ts';
import { listedFile, type Finding, type ListedFile } from './kind.ts';
import { archived, lookUp } from './look-up.ts';
import { isChosen } from './scope.ts';

const lookUpsAtOnce = 8;

export interface Comparison {
  readonly store: BlobStore;
  readonly verification: Verification;
  readonly manifest: Manifest;
  /** Is given the blobs below the run's root that the run does not refer to. */
  readonly extra: ExtraBlobs | undefined;
  readonly signal: AbortSignal;
  readonly onFile: () => void;
}

/** Some files of the run with what the listing says of them. */
export interface ComparedPage {
  readonly entries: readonly ListedFile[];
  /** Whether no page follows. */
  readonly last: boolean;
}

interface Compared {
  readonly file: ListedFile;
  /** The version that is what the run stored; undefined when the listing shows none. */
  readonly listed: BlobVersion | undefined;
  /** Whether the content is to be read, if it is there. */
  readonly chosen: boolean;
}

/**
 * Walks the files of a run along with one listing of its blobs, for both are in the order of names. What the listing does not show is
 * looked up by itself, and so are the few files whose blobs' names were rewritten and are out of order: no finding rests on the
 * listing alone, and a file that is there costs no request. The pages are cut alike in every attempt, whatever was found.
 */
export async function* compareWithListing(comparison: Comparison): AsyncGenerator<ComparedPage> {
  for await (const { files, last } of cut(compare(comparison), comparison.verification)) {
    const entries: ListedFile[] = [];
    await eachConcurrently(files, lookUpsAtOnce, async (file, index) => {
      entries[index] = await settle(file, comparison);
    });
    yield { entries, last };
  }
}

async function* compare({
  store,
  verification,
  manifest,
  extra,
  signal,
  onFile,
}: Comparison): AsyncGenerator<Compared> {
  const folder = blobFolder(manifest);
  const blobs = createListedBlobs(store.listVersions(folder, signal), async (blob) => extra?.add(blob));
  for await (const entry of readEntries(store, manifest, {}, signal)) {
    if (!holdsContent(entry)) continue;
    const file = listedFile(entry);
    const versions = isPlain(file, folder) ? await blobs.versionsOf(file.blob) : [];
    const listed = versions.findLast((version) => isVersionOf(version, file));
    yield { file, listed, chosen: verification.deep && isChosen(verification, file.path) };
    onFile();
  }
  if (extra) await blobs.rest();
}

async function* cut(source: AsyncIterable<Compared>, { options }: Verification) {
  let files: Compared[] = [];
  let fill = createPageFill(options);
  for await (const file of source) {
    if (fill.isFull()) {
      yield { files, last: false };
      files = [];
      fill = createPageFill(options);
    }
    files.push(file);
    fill.add(file.chosen ? file.file.size : undefined);
  }
  yield { files, last: true };
}

async function settle(
  { file, listed, chosen }: Compared,
  { store, verification, signal }: Comparison,
): Promise<ListedFile> {
  const finding = listed ? findingOf(listed) : await lookUp(store, file, signal);
  // What is to be read tells by itself that it cannot be.
  if (chosen && (finding === undefined || finding === archived)) return file;
  if (finding) return { ...file, finding };
  return { ...file, finding: { outcome: verification.deep ? 'unchecked' : 'intact' } };
}

function findingOf(version: BlobVersion): Finding | undefined {
  return version.archived ? archived : undefined;
}
