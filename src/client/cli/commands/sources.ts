import type { Command } from 'commander';
import { exitCodes, type Call } from '../invocation.ts';
import { writeList } from '../render/rows.ts';
import { listSources, requireSourcesFile, type ListedSource } from '../../sources/sources-file.ts';
import { sourcesOf, type SourcesFileFlags } from '../open/scope.ts';
import { withBackups } from '../open/with-backups.ts';
import { perform, withCommonOptions, withSourcesFile, type Choose } from './options.ts';
import { printable } from '../../../lib/printable.ts';
import { durationText } from '../../../lib/units.ts';
import { columns, formatTime } from '../render/format.ts';

const help = `
Sources are what durable-backup.yaml names; \`durable-backup init\` writes one. \`durable-backup backup NAME\` backs one up, and
--source NAME stands for it wherever a command is about the backups of one directory.

Exit codes: 0 done, 1 error, 130 interrupted.

Examples:
  durable-backup sources
  durable-backup sources --config /etc/durable-backup.yaml --json | jq -r .name`;

interface SourcesFlags extends SourcesFileFlags {
  readonly schema: boolean;
}

/** `sources`: what the sources file names. */
export function addSources(program: Command, choose: Choose): void {
  const command = program
    .command('sources')
    .description('lists what the sources file names')
    .option('--schema', 'print the JSON Schema of the file instead, for editors', false)
    .addHelpText('after', help);
  perform(withSourcesFile(withCommonOptions(command, 'print NDJSON instead of text')), choose, tellSources);
}

async function tellSources(call: Call & SourcesFlags): Promise<number> {
  if (call.schema) {
    const { sourcesJsonSchema } = await import('../../../contracts/sources.ts');
    call.answer(JSON.stringify(sourcesJsonSchema(), undefined, 2));
    return exitCodes.done;
  }
  const opened = requireSourcesFile(await sourcesOf(call));
  return withBackups(call, async (backups, signal) => {
    const listed = await listSources(opened, backups, signal);
    await writeList(listed, call, () => sourceListText(listed, opened.file));
    return exitCodes.done;
  });
}

const header = ['NAME', 'ROOT', 'PREFIX', 'WORKER', 'SCHEDULE', 'LAST SUCCESS'];

/** Sources for people, one line each. */
function sourceListText(sources: readonly ListedSource[], file: string): string {
  if (sources.length === 0) return `No sources in ${file}`;
  return columns([header, ...sources.map(rowOf)]).join('\n');
}

function rowOf({ name, root, prefix, worker, schedule, lastSuccess }: ListedSource): string[] {
  const every = schedule?.every === undefined ? undefined : `every ${durationText(schedule.every)}`;
  return [
    name,
    printable(root),
    prefix === '' ? '-' : prefix,
    worker ?? '-',
    printable(schedule?.cron ?? every ?? '-'),
    lastSuccess === null ? 'never' : formatTime(lastSuccess),
  ];
}
