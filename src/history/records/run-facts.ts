import { z } from 'zod';
import { isSuspect, type Suspicion } from '../../contracts/suspicion.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { BlobProperties } from '../../storage/blob-store.ts';
import { sealMetadata } from './own-record.ts';

/** What a listing tells of a run by the metadata of its manifest, so that nobody has to read that to count. */
export interface RunFacts extends Pick<Manifest, 'root' | 'files' | 'bytes'> {
  readonly state: 'complete' | 'incomplete' | 'suspect';
}

type Told = Pick<Manifest, 'root' | 'files' | 'bytes' | 'complete'> & { readonly suspect?: Suspicion };

/** What a manifest says, without whether it is accepted unless it holds that. */
export function factsOf(manifest: Told): RunFacts {
  const { root, files, bytes, complete } = manifest;
  return { root, files, bytes, state: isSuspect(manifest) ? 'suspect' : complete ? 'complete' : 'incomplete' };
}

// All metadata of a blob together may take 8 KiB.
const longestRoot = 4096;

/** The metadata of a manifest; none where the root does not fit into them. */
export function metadataOfManifest(manifest: Told): Readonly<Record<string, string>> {
  const { root, files, bytes, state } = factsOf(manifest);
  const encoded = root.isWellFormed() ? encodeURIComponent(root) : '';
  if (encoded === '' || encoded.length > longestRoot) return {};
  return sealMetadata({ root: encoded, files: String(files), bytes: String(bytes), state });
}

const count = z
  .string()
  .regex(/^\d{1,16}$/u)
  .transform(Number);
const schema = z.object({
  root: z.string().transform((text, context) => {
    try {
      return decodeURIComponent(text);
    } catch {
      context.addIssue('is not encoded');
      return z.NEVER;
    }
  }),
  files: count,
  bytes: count,
  state: z.enum(['complete', 'incomplete', 'suspect']),
  check: z.string(),
});

/** The same as it was written; undefined where a manifest has none, as those of earlier versions, or others than were written. */
export function readFacts({ metadata }: Pick<BlobProperties, 'metadata'>): RunFacts | undefined {
  const { success, data } = schema.safeParse(metadata);
  if (!success) return undefined;
  const { check, ...written } = metadata;
  if (sealMetadata(written)['check'] !== check) return undefined;
  const { check: _, ...facts } = data;
  return facts;
}
