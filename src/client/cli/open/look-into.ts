import type { Backups } from '../../../history/views/backups.ts';
import type { AllBackups } from '../../sources/all-backups.ts';
import { exitCodes } from '../exit-code.ts';
import { rowLines, type RowFormat } from '../render/row-lines.ts';
import { writeLines } from '../render/write-lines.ts';
import type { Manifest } from '../../../contracts/manifest.ts';
import type { Scope } from './scope.ts';
import type { Call } from '../invocation.ts';
import { pathsBelow } from '../paths-below.ts';
import { withScope } from './with-backups.ts';

/** What a command that looks into runs reads with. */
export interface Look {
  readonly backups: Backups;
  readonly all: AllBackups;
  readonly signal: AbortSignal;
  /** The run that is meant: a complete one, unless an id names another. */
  readonly find: (run: string) => Promise<Manifest>;
}

/** Opens storage for a command that looks into runs. */
export function lookInto(call: Call & Scope, work: (look: Look) => Promise<void>): Promise<number> {
  const { root } = call;
  return withScope(call, async (all, signal) => {
    const find = async (run: string) => (await all.find({ run, ...(root !== undefined && { root }) }, signal)).manifest;
    // What a manifest names is read the same, whatever the prefix.
    await work({ backups: all.any, all, signal, find });
    return exitCodes.done;
  });
}

/** Prints rows as they come. */
export async function printAll<R extends object>(
  rows: AsyncIterable<R>,
  format: RowFormat<R>,
  { json }: { readonly json: boolean },
): Promise<void> {
  await writeLines(rowLines(rows, format, { json }), process.stdout);
}

/** A path or a glob of a run as it is looked up there: absolute ones are made relative. Undefined for the root. */
export function pathIn({ root }: Pick<Manifest, 'root'>, path: string | undefined): string | undefined {
  return path === undefined ? undefined : pathsBelow(root, [path])?.[0];
}
