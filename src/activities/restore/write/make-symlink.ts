import { lutimes, symlink } from 'node:fs/promises';
import { decodePath } from '../../../contracts/encoded-path.ts';
import type { RestoreEntry } from '../rows.ts';
import { mtimeSeconds } from './file-attributes.ts';

/** Makes a symlink as the run holds it, whatever it points to: nothing here ever follows it. */
export async function makeSymlink(entry: RestoreEntry, temporary: Buffer): Promise<void> {
  await symlink(decodePath(entry.target ?? ''), temporary);
  await lutimes(temporary, Date.now() / 1000, mtimeSeconds(entry));
}
