import { resolve } from 'node:path';
import { namesToGive, takenForDirectory } from '../sources/sources-file.ts';
import type { BackupInput } from '../../contracts/backup.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { type SourceDefinition, backupInputOf } from '../../contracts/sources.ts';
import { namedSource, type SourcesFileFlags } from './open/at-source.ts';
import { requireElsewhere } from './open/other-prefixes.ts';
import { backupInstanceId, sourceInstanceId } from './instance-id.ts';
import type { Call } from './invocation.ts';
import { orCommand } from './nearest-command.ts';
import { requireDirectory } from './require-directory.ts';

type TargetCall = Call &
  SourcesFileFlags & {
    readonly worker: boolean;
    /** Of the worker that has the directory. */
    readonly workerName?: string;
  };

/** What a backup is about. */
export interface BackupTarget {
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
  const { workerName, config, worker } = call;
  const { definition, opened } = await namedSource(call, text);
  if (definition) return targetOf(definition, call);
  requireElsewhere('--worker-name', workerName, call);
  const root = resolve(text);
  if (worker || !config.temporal.named) {
    await requireDirectory(root, `${orCommand(text, commands)}${opened ? `; ${namesToGive(opened, text)}` : ''}`);
  }
  if (opened) call.note(takenForDirectory(opened, text, root));
  return {
    input: { root, ...(workerName !== undefined && { worker: workerName }) },
    instanceId: backupInstanceId(root, workerName),
    label: workerName === undefined ? root : `${root} on ${workerName}`,
  };
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
