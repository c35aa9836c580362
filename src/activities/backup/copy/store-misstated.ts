import type { OpenedFile } from '../../../files/blocking-file.ts';
import { heldStill } from '../../../files/file-state.ts';
import type { FileSystem } from '../../../files/local-disk.ts';
import { storeLarge } from './store-large.ts';
import { smallFileBytes, storeBody } from './store-small.ts';
import type { SeenFile, Stored, Target } from './target.ts';

const mebibyte = 1024 * 1024;
// Some of /proc give all in one read or nothing, and some only an even number of bytes.
const atOnce = mebibyte;
/** More is not read of a file whose size tells nothing: it may have no end. Bytes. */
export const mostMisstated = 1024 * mebibyte;

/**
 * Stores a file whose size is not what the system says of it, as in /proc, in /sys and in some file systems of programs: it is read to its
 * end, whatever its size. `changed` means that two reads did not agree, and an error that there is no end to come to.
 */
export async function storeMisstated(
  file: OpenedFile,
  { attributes }: SeenFile,
  fileSystem: FileSystem,
  target: Target,
): Promise<Stored | 'changed' | Error> {
  const release = await target.memory.take(2 * smallFileBytes, target.signal);
  try {
    const body = await readStart(file);
    if (body.length <= smallFileBytes) {
      // One read of what is made up as it is read is as good as the next.
      const isSure = fileSystem === 'virtual' || body.equals(await readStart(file));
      if (!isSure || !(await heldStill(file, attributes))) return 'changed';
      return { ...(await storeBody(body, attributes, target)), size: body.length };
    }
  } finally {
    release();
  }
  const size = await measure(file, target.signal);
  if (size > mostMisstated)
    return new Error(
      `its size is told as ${attributes.size} bytes, and it yields more than ${mostMisstated / mebibyte} MiB: exclude it`,
    );
  const stored = await storeLarge(file, { attributes, mayHideChange: true }, target, size);
  return stored === 'changed' || stored === 'misstated' ? 'changed' : { ...stored, size };
}

/** The content of a file, or as much of it as is more than a small one has. */
async function readStart(file: OpenedFile): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(smallFileBytes + atOnce);
  let filled = 0;
  for (let read = 1; read > 0 && filled <= smallFileBytes; filled += read) {
    read = (await file.read(bytes, filled, Math.min(atOnce, bytes.length - filled), filled)).bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** How many bytes a file yields; more than {@link mostMisstated} where it goes on after them. */
async function measure(file: OpenedFile, signal: AbortSignal): Promise<number> {
  const bytes = Buffer.allocUnsafe(atOnce);
  let size = 0;
  for (let read = 1; read > 0 && size <= mostMisstated; size += read) {
    signal.throwIfAborted();
    read = (await file.read(bytes, 0, bytes.length, size)).bytesRead;
  }
  return size;
}
