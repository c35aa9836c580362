import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { kindOf, type TargetPlace } from '../../contracts/notice.ts';
import type { NotificationTarget, SourceDefinition } from '../../contracts/sources.ts';

/** What the activities that tell somebody share. */
export interface NotifyDependencies {
  /** A source of this worker's own sources file, as it stands now; undefined when there is none of that name, or no file. */
  readonly definitionOf: (source: string) => Promise<SourceDefinition | undefined>;
  /** Whether this worker may run the commands of that file. */
  readonly allowCommands: boolean;
  /** Directories that this worker's restores may write to; absolute. Nothing there is run. */
  readonly roots: readonly string[];
  /** Where programs are looked for. */
  readonly searchPath: string;
}

type Target<K extends TargetPlace['kind']> = Required<Pick<NotificationTarget, K>>;

/** Looks a target up in this worker's sources file. Throws `NotificationFailed` when the file has none there: another worker's may. */
export async function targetAt<K extends TargetPlace['kind']>(
  { definitionOf }: Pick<NotifyDependencies, 'definitionOf'>,
  source: string,
  { list, index, kind }: TargetPlace & { readonly kind: K },
): Promise<Target<K>> {
  const definition = await definitionOf(source);
  if (!definition) {
    throw new ExpectedError(
      failureTypes.notificationFailed,
      `the sources file of this worker has no source ${source}: give every worker the same file, by DURABLE_BACKUP_CONFIG`,
    );
  }
  const target = definition.notify?.[list]?.[index];
  if (target && kindOf(target) === kind) return target as Target<K>;
  throw new ExpectedError(
    failureTypes.notificationFailed,
    `the sources file of this worker has no ${kind} there: give every worker the same file, and apply it with \`durable-backup schedule apply\``,
  );
}
