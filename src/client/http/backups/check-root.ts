import { realpath } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { confine } from '../../../files/confine.ts';
import { isInside } from '../../../files/paths.ts';
import { ExpectedError } from '../../../contracts/failures.ts';
import { HttpProblem } from '../problem.ts';

/**
 * Refuses a root outside `roots` before anything is started. Symlinks are resolved where the directory can be seen from here; where
 * it cannot, its name has to do, and the worker, which reads it, checks again.
 */
export async function checkRoot(root: string, roots: readonly string[]): Promise<void> {
  if (root === '') return;
  if (root.includes('\0')) throw new HttpProblem(400, 'The directory holds a null character, which no path can');
  if (!isAbsolute(root))
    throw new HttpProblem(
      400,
      `The directory ${JSON.stringify(root)} must be an absolute path on the worker's machine`,
    );
  try {
    await confine(root, roots);
  } catch (error) {
    if (error instanceof ExpectedError) throw error;
    const known = await Promise.all(roots.map((known) => realpath(known).catch(() => known)));
    if ([...roots, ...known].some((allowed) => isInside(resolve(root), allowed))) return;
    throw new HttpProblem(
      400,
      `${root} is outside the directories that may be backed up (${roots.join(', ')}): add it to BACKUP_ROOTS`,
    );
  }
}
