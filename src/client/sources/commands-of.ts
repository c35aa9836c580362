import type { SourceDefinition } from '../../contracts/source-definition.ts';

/** The commands that are told of a source: programs with their arguments. */
export function commandsOf({ notify }: SourceDefinition): (readonly string[])[] {
  const targets = [notify?.success, notify?.failure, notify?.missed].flatMap((list) => list ?? []);
  return targets.flatMap((target) => ('command' in target ? [target.command] : []));
}
