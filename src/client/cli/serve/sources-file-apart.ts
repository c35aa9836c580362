import { resolve } from 'node:path';
import { withinRoots } from '../../../activities/notify/within-roots.ts';
import { commandsOf, openSourcesFile, usualSourcesFile, type SourcesFile } from '../../sources/sources-file.ts';
import type { Config } from '../../../config.ts';
import { rootAround } from '../../../files/confine.ts';
import { ExpectedError } from '../../../contracts/failures.ts';

/**
 * Keeps what a worker restores apart from what it runs: throws an {@link ExpectedError} where the commands of the sources file may be
 * run while the file, which need not be there yet, or a program that it names, lies where a restore may write.
 */
export async function requireSourcesFileApart({
  worker,
  sourcesFile,
  backupRoots: roots,
  embedded: { searchPath },
}: Config): Promise<void> {
  if (!worker.allowCommands) return;
  const file = resolve(sourcesFile ?? usualSourcesFile);
  const root = await rootAround(file, roots);
  if (root !== undefined) {
    throw refused(
      `the sources file ${file} lies in ${root} of BACKUP_ROOTS, where a restore could replace it and so run any program: move it out of there and name it by DURABLE_BACKUP_CONFIG, or name narrower BACKUP_ROOTS`,
    );
  }
  const opened = await openIfUsable(sourcesFile);
  for (const command of opened?.sources.flatMap(commandsOf) ?? []) {
    const written = await withinRoots(command, { roots, searchPath });
    if (written !== undefined) throw refused(written);
  }
}

/** What is wrong with the file itself is said where a source of it is used: a worker works without. */
function openIfUsable(sourcesFile: string | undefined): Promise<SourcesFile | undefined> {
  return openSourcesFile(sourcesFile).catch(() => undefined);
}

function refused(why: string): ExpectedError {
  return new ExpectedError('InvalidConfiguration', `ALLOW_COMMANDS: ${why}`);
}
