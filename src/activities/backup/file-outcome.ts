import type { FileAttributes, FileOutcome, PageEntry, StoredFile } from '../../contracts/manifest.ts';
import { reasonOf } from '../../lib/message-of.ts';

type Listed = Pick<PageEntry, 'path' | keyof FileAttributes>;

const busyCodes = new Set(['EBUSY', 'ETXTBSY']);
// What Windows says of a file that another process has opened for itself alone.
const busyCodesOfWindows = new Set([...busyCodes, 'EACCES', 'EPERM']);

/** Of a file that is as it was, and so was its blob where anybody looked. */
export function unread(entry: Listed, { blob, etag, sha256 }: StoredFile): FileOutcome {
  return { ...attributesOf(entry), outcome: 'unchanged', blob, etag, sha256, attempts: 0 };
}

/** What became of a file that could not be opened. */
export function unopened(entry: Listed, error: NodeJS.ErrnoException): FileOutcome {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return skipped(entry, 'vanished after it was listed');
  if (error.code === 'ELOOP' || error.code === 'ENXIO') return skipped(entry, 'no longer a regular file');
  return failed(entry, error, 1);
}

export function skipped(entry: Listed, reason: string): FileOutcome {
  return { ...attributesOf(entry), outcome: 'skipped', reason, attempts: 1 };
}

export function failed(entry: Listed, error: unknown, attempts: number): FileOutcome {
  const busy = isBusy(error) && ({ busy: true } as const);
  return { ...attributesOf(entry), outcome: 'failed', reason: reasonOf(error), ...busy, attempts };
}

/** Whether an error says that another process has the file in its hands at the moment. */
export function isBusy(error: unknown, platform: NodeJS.Platform = process.platform): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return (platform === 'win32' ? busyCodesOfWindows : busyCodes).has(code);
}

/** What a page entry and an outcome share. */
function attributesOf({ path, size, mtimeNs, ctimeNs, mode }: Listed): Listed {
  return { path, size, mtimeNs, ctimeNs, mode };
}
