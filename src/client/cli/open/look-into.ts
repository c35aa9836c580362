import type { Backups } from '../../../history/views/backups.ts';
import { exitCodes } from '../exit-code.ts';
import { rowLines, type RowFormat } from '../render/row-lines.ts';
import { writeLines } from '../render/write-lines.ts';
import type { Manifest } from '../../../contracts/manifest.ts';
import type { SourceFlags } from './at-source.ts';
import type { Call } from '../invocation.ts';
import { pathsBelow } from '../paths-below.ts';
import { withBackups } from './with-backups.ts';

/** What a command that looks into runs reads with. */
export interface Look {
  readonly backups: Backups;
  readonly signal: AbortSignal;
  /** The run that is meant: a complete one, unless an id names another. */
  readonly find: (run: string) => Promise<Manifest>;
}

/** Opens storage for a command that looks into runs. */
export function lookInto(call: Call & SourceFlags, work: (look: Look) => Promise<void>): Promise<number> {
  const { source: root } = call;
  return withBackups(call, async (backups, signal) => {
    const find = async (run: string) =>
      (await backups.find({ run, ...(root !== undefined && { root }) }, signal)).manifest;
    await work({ backups, signal, find });
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
export function pathIn({ root }: Manifest, path: string | undefined): string | undefined {
  return path === undefined ? undefined : pathsBelow(root, [path])?.[0];
}
