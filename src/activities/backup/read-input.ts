import { opendir, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { newPrefixOf } from '../../contracts/blob-prefix.ts';
import { confine } from '../../files/confine.ts';
import { backupInputSchema, type BackupInput, type OpenedRun, type Run } from '../../contracts/backup.ts';
import { parseInput } from '../../contracts/input.ts';
import { allOptions } from '../../contracts/job.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { FileAttributes } from '../../contracts/manifest.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { requireOutsideData, explainRoot } from '../../files/find-root.ts';
import { attributesOf } from '../../files/stat.ts';

/** What a backup is asked for, with all that the worker knows better. */
export type ReadInput = BackupInput & Required<Pick<Run, 'options' | 'prefix'>> & Pick<OpenedRun, 'rootAttributes'>;

/**
 * Checks what a caller asks a backup for, and that its directory is there and may be read. Throws an {@link ExpectedError} that names what
 * is wrong.
 */
export async function readInput(
  {
    workingDirectory,
    prefix: usual,
    roots,
    embeddedData,
  }: Pick<ActivityDependencies, 'workingDirectory' | 'prefix' | 'roots' | 'embeddedData'>,
  input: BackupInput,
): Promise<ReadInput> {
  const read = parseInput(backupInputSchema, input);
  const root = resolve(read.root === '' ? workingDirectory : read.root);
  if (read.root !== '' && !isAbsolute(read.root)) {
    throw new ExpectedError(
      failureTypes.invalidInput,
      `root: ${read.root} is relative; give the absolute path on the worker's machine`,
    );
  }
  const prefix = newPrefixOf(read, usual);
  const { filters = {}, tags = [], ...rest } = read;
  const rootAttributes = await checkDirectory(root, roots, await embeddedData?.());
  return {
    ...rest,
    root,
    rootAttributes,
    options: allOptions(read.options),
    prefix,
    ...(tags.length > 0 && { tags: [...new Set(tags)] }),
    ...(Object.keys(filters).length > 0 && { filters }),
  };
}

/** Returns what the directory is like. */
async function checkDirectory(
  root: string,
  roots: readonly string[],
  embeddedData: string | undefined,
): Promise<FileAttributes> {
  try {
    const real = await confine(root, roots);
    requireOutsideData(root, real, embeddedData);
    const found = await stat(real, { bigint: true });
    if (!found.isDirectory()) {
      throw new ExpectedError(
        failureTypes.rootNotDirectory,
        `${root} is not a directory: give the directory that holds it`,
      );
    }
    await requireListable(real);
    return attributesOf(found);
  } catch (error) {
    const explained = explainRoot(root, error);
    throw explained instanceof ExpectedError ? explained : unreadable(root, error as NodeJS.ErrnoException);
  }
}

/** Does what a listing begins with: `access` would ask about the user alone, and not about a capability such as CAP_DAC_READ_SEARCH. */
async function requireListable(directory: string): Promise<void> {
  const opened = await opendir(directory);
  await opened.close();
  await stat(`${directory}/.`);
}

function unreadable(root: string, error: NodeJS.ErrnoException): ExpectedError {
  return new ExpectedError(
    failureTypes.rootUnreadable,
    `${root} cannot be read (${error.code}): give the worker's user permission to list it`,
  );
}
