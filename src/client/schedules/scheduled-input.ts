import { backupInputOf } from '../../contracts/backup.ts';
import { kindOf } from '../../contracts/notice.ts';
import type { Aftermath, ScheduledBackupInput, TargetLists, WatchInput } from '../../contracts/scheduled.ts';
import type { NotificationTarget, SourceDefinition, SourceNotifications } from '../../contracts/sources.ts';

/** What a scheduled run of a source is asked. Temporal keeps it, so it has no address and no program of whom to tell. */
export function scheduledInputOf(definition: SourceDefinition): ScheduledBackupInput {
  const { name: source, notify } = definition;
  const after = aftermathOf(definition);
  return {
    source,
    backup: backupInputOf(definition),
    ...(Object.keys(after).length > 0 && { after }),
    ...(notify && { tell: kindsOf(notify) }),
  };
}

/** What is watched for of a source; undefined when nobody wants to be told. */
export function watchInputOf({ name, prefix, root, worker, notify }: SourceDefinition): WatchInput | undefined {
  const { missed = [], missedAfter } = notify ?? {};
  if (missed.length === 0 || missedAfter === undefined) return undefined;
  const targets = missed.map(kindOf);
  return { source: name, prefix, root, missedAfter, targets, ...(worker !== undefined && { worker }) };
}

function aftermathOf({ after = {}, retention }: SourceDefinition): Aftermath {
  const { forget, prune, verify } = after;
  return {
    ...(forget === true && retention && { forget: retention }),
    ...(prune === true && { prune }),
    ...(verify && { sample: verify.sample }),
  };
}

function kindsOf({ success, failure, missed }: SourceNotifications): TargetLists {
  const kinds = (targets: readonly NotificationTarget[]) => targets.map(kindOf);
  return {
    ...(success && { success: kinds(success) }),
    ...(failure && { failure: kinds(failure) }),
    ...(missed && { missed: kinds(missed) }),
  };
}
