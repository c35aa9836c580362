import { nearestName } from '../../../lib/nearest-name.ts';
import { namesToGive, sourcesAt, takenForDirectory, type SourcesFile } from '../../sources/sources-file.ts';
import { backupInputOf, type BackupInput } from '../../../contracts/backup.ts';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import type { SourceDefinition } from '../../../contracts/sources.ts';
import { isSourceName } from '../../../contracts/input.ts';
import { meantBy, type SourcesFileFlags } from '../open/scope.ts';
import { requireElsewhere, requireDirectory } from './options.ts';
import { backupInstanceId, sourceInstanceId } from '../instance-id.ts';
import type { Call } from '../invocation.ts';

type TargetCall = Call &
  SourcesFileFlags & {
    readonly worker: boolean;
    /** Of the worker that has the directory. */
    readonly workerName?: string;
  };

/** What a backup is about. */
interface BackupTarget {
  readonly input: BackupInput;
  readonly instanceId: string;
  /** For people. */
  readonly label: string;
}

/**
 * What the first word of a backup means: the source of that name, or else a directory, which has to be there where this process backs it
 * up. Throws an {@link ExpectedError} that says what else could have been meant.
 */
export async function backupTarget(call: TargetCall, text: string, commands: readonly string[]): Promise<BackupTarget> {
  const { root, definition, opened } = await meantBy(call, text, call.workerName);
  if (!definition) {
    requireOneSource(opened, root, call.workerName);
    return directoryAt(root, call, { text, opened: isSourceName(text) ? opened : undefined, commands });
  }
  if (definition.name === text) return targetOf(definition, call);
  call.note(`${root} is the source ${definition.name} of ${opened?.file}, and is backed up as that.`);
  // It has named the worker as the source does.
  const { workerName: _, ...rest } = call;
  return targetOf(definition, rest);
}

interface GivenWord {
  readonly text: string;
  /** Where the word could have been a source's name, what has names. */
  readonly opened: SourcesFile | undefined;
  readonly commands: readonly string[];
}

async function directoryAt(
  root: string,
  call: TargetCall,
  { text, opened, commands }: GivenWord,
): Promise<BackupTarget> {
  const { workerName, config, worker } = call;
  requireElsewhere('--worker-name', workerName, call);
  if (worker || !config.temporal.named)
    await requireDirectory(root, `${orCommand(text, commands)}${opened ? `; ${namesToGive(opened, text)}` : ''}`);
  if (opened) call.note(takenForDirectory(opened, text, root));
  return {
    input: { root, ...(workerName !== undefined && { worker: workerName }) },
    instanceId: backupInstanceId(root, workerName),
    label: workerName === undefined ? root : `${root} on ${workerName}`,
  };
}

/** What else a directory that does not exist could have been meant as: words for the end of an error. */
function orCommand(dir: string, names: readonly string[]): string {
  if (!/^[a-z-]+$/u.test(dir)) return '';
  const nearest = nearestName(dir, names);
  return nearest === undefined
    ? ', or a command that `durable-backup --help` lists'
    : `. There is no command ${dir} either: did you mean ${nearest}?`;
}

/** Refuses a directory that is several sources: they differ in what is left out, and where it goes. */
function requireOneSource(opened: SourcesFile | undefined, root: string, worker: string | undefined): void {
  const names = sourcesAt(opened, root, worker).map(({ name }) => name);
  if (names.length === 0) return;
  throw new ExpectedError(
    failureTypes.invalidInput,
    `${root} is the root of the sources ${names.join(' and ')}: say which by its name`,
  );
}

async function targetOf(definition: SourceDefinition, call: TargetCall): Promise<BackupTarget> {
  const { name, root, worker } = definition;
  if (call.workerName !== undefined) {
    throw new ExpectedError(
      failureTypes.invalidInput,
      `--worker-name ${call.workerName}: the source ${name} says itself, by its worker, where its directory is: leave the option out, or write ./${name} for a directory`,
    );
  }
  requireElsewhere('worker', worker, call);
  if (call.worker || !call.config.temporal.named) await requireDirectory(root);
  const input = backupInputOf(definition);
  return { input, instanceId: sourceInstanceId(definition), label: `${name} (${root})` };
}
