import { z } from 'zod';
import type { LeftOutRow, Manifest } from '../../contracts/manifest.ts';
import { leavingOut } from '../../contracts/preview.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { manifestInvalid } from '../records/manifest-invalid.ts';
import { readShardBytes } from './read-entries.ts';
import { readLines } from '../records/read-lines.ts';

const rowSchema = z.object({
  path: z.string(),
  kind: z.enum(['file', 'directory', 'symlink', 'other']),
  why: z.object({ by: z.enum(leavingOut), rule: z.exactOptional(z.string()), at: z.exactOptional(z.string()) }),
}) satisfies z.ZodType<LeftOutRow>;

/** What a run left out, in no order, some of it twice. Throws `ManifestInvalid` for what no backup writes. */
export async function* readLeftOut(
  store: BlobStore,
  { leftOut = [] }: Manifest,
  signal: AbortSignal,
): AsyncGenerator<LeftOutRow, undefined> {
  for (const shard of leftOut) {
    const bytes = await readShardBytes(store, shard, signal);
    for await (const lines of readLines(shard.blob, bytes)) for (const line of lines) yield parse(shard.blob, line);
  }
  return undefined;
}

function parse(blob: string, line: string): LeftOutRow {
  try {
    return rowSchema.parse(JSON.parse(line));
  } catch (error) {
    throw manifestInvalid(blob, 'holds a line that no backup writes', error);
  }
}
