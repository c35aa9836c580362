import type { Manifest } from '../../contracts/manifest.ts';
import { tallyOf } from '../../contracts/tally.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { runLayout } from '../../storage/run-layout.ts';
import { manifestInvalid } from '../records/manifest-invalid.ts';
import { readEntries } from './read-entries.ts';

/** Reads all that a manifest refers to once, so that a bad one is refused before anything is done with it: throws `ManifestInvalid`. */
export async function checkWhole(store: BlobStore, manifest: Manifest, signal: AbortSignal): Promise<void> {
  const counts = { files: 0, bytes: 0, failed: 0, skipped: 0 };
  for await (const entry of readEntries(store, manifest, {}, signal)) {
    const { files, bytes, failed, skipped } = tallyOf(entry);
    counts.files += files;
    counts.bytes += bytes;
    counts.failed += failed;
    counts.skipped += skipped;
  }
  for (const name of ['files', 'bytes', 'failed', 'skipped'] as const) {
    if (counts[name] === manifest[name]) continue;
    const { manifest: blob } = runLayout({ prefix: manifest.prefix, id: manifest.run });
    throw manifestInvalid(blob, `says ${name}: ${manifest[name]}, and its entries make ${counts[name]}`);
  }
}
