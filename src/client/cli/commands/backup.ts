import { Option, InvalidArgumentError, type Command } from 'commander';
import { z } from 'zod';
import { backupReport } from '../render/job-reports.ts';
import { workflowNames } from '../../../contracts/job.ts';
import type { BackupInput } from '../../../contracts/backup.ts';
import { defaultMaxLoss } from '../../../contracts/suspicion.ts';
import type { SourcesFileFlags } from '../open/scope.ts';
import { backupTarget } from './backup-target.ts';
import type { Call } from '../invocation.ts';
import {
  parserOf,
  limitUpload,
  notEmpty,
  perform,
  share,
  workerName,
  withJobOptions,
  withSourcesFile,
  withUploadLimit,
  tagsOf,
  withTag,
  commandNames,
  type UploadLimited,
  type Choose,
  type JobFlags,
  type TagFlags,
} from './options.ts';
import { withSession } from '../open/with-session.ts';
import { writtenByteSize } from '../../../lib/units.ts';
import { parseInput } from '../../../contracts/input.ts';
import { filtersSchema, type Filters } from '../../../contracts/filters.ts';

interface BackupFlags extends FilterFlags, JobFlags, SourcesFileFlags, TagFlags, UploadLimited {
  readonly dryRun: boolean;
  readonly checksum: boolean;
  readonly repair: boolean;
  readonly takeOver: boolean;
  readonly maxLoss?: number;
  readonly expectLoss: boolean;
  /** Of workers elsewhere. */
  readonly workerName?: string;
}

const help = `
The command's name may be left out: \`durable-backup DIR\`. A word without a slash means the source that durable-backup.yaml calls so, and
else the directory. One that is called like a command or a source is written with its path: ./restore.

A GLOB with a slash at its beginning or in its middle is relative to DIR, as in /build or docs/*.pdf; any other is about names at every
depth, as in *.log, and one that ends in a slash about folders. --exclude goes before --include. Files called .backupignore leave out
what .gitignore files of the same lines would. With --dry-run, rows come as they are found, with --json as NDJSON; where there is a
last run to compare with, they say what is unchanged.

Temporal, storage and worker are started for the run unless the environment names them (TEMPORAL_ADDRESS,
AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT). With TEMPORAL_ADDRESS, workers are expected elsewhere.

A run is suspect that holds no file any more, that lost more of the last good run's files than --max-loss, or whose directory is on
another file system. \`durable-backup accept RUN\` makes a run like any other of it.

Exit codes: 0 done, 1 error, 3 some files could not be backed up, 4 the run is suspect, 130 interrupted.

Examples:
  durable-backup ~/photos
  durable-backup backup /srv/site --json | jq .bytes
  durable-backup backup /srv/site --worker-name web-1
  durable-backup backup /srv/site --exclude node_modules --exclude '/var/*.log' --larger-than 2GiB --dry-run`;

/** `backup DIR`: backs up a directory; what the program does unless another command is named. */
export function addBackup(program: Command, choose: Choose): void {
  const command = program
    .command('backup', { isDefault: true })
    .description('backs up a directory tree')
    .argument('<dir>', 'directory to back up, or the name of a source', notEmpty)
    .option('--checksum', 'read every file instead of going by size and times', false)
    .option('--repair', 'look up what is unchanged in storage, and send again what is missing or damaged there', false)
    .addOption(maxLossOption())
    .option('--expect-loss', 'whatever is lost is meant: the run is not suspect', false)
    .option('--take-over', 'go on where another machine has backed up so far, below the same prefix', false)
    .option(
      '--worker-name <name>',
      'where the directory is: a name that workers elsewhere have among their WORKER_NAMES',
      workerName,
    )
    .option('--dry-run', 'print what would be backed up and what left out, and why; back up nothing', false)
    .addHelpText('after', help);
  withFilters(command);
  withTag(command, 'mark the run with this word, to find it and to keep it by');
  perform(withSourcesFile(withUploadLimit(withJobOptions(command))), choose, (call: Call & BackupFlags, dir: string) =>
    backUp(limitUpload(call), dir, commandNames(program)),
  );
}

async function backUp(call: Call & BackupFlags, dir: string, commands: readonly string[]): Promise<number> {
  const target = await backupTarget(call, dir, commands);
  const { instanceId, label } = target;
  const { root, worker, prefix } = target.input;
  const input: BackupInput = {
    ...target.input,
    ...(call.checksum && { checksum: true }),
    ...(call.repair && { repair: true }),
    ...(call.takeOver && { takeOver: true }),
    ...(call.maxLoss !== undefined && { maxLoss: call.maxLoss }),
    ...(call.expectLoss && { expectLoss: true }),
    ...tagsOf(call, target.input.tags),
    ...filtersOf(call, target.input.filters),
  };
  if (call.dryRun) return previewLate(call, input);
  const at = prefix === undefined ? call : { ...call, config: { ...call.config, prefix } };
  return withSession(at, (_, follow) =>
    follow({
      instanceId,
      directories: [root],
      ...(worker !== undefined && { workerName: worker }),
      kind: backupReport,
      begin: { name: workflowNames.backup, input, summary: `Back up ${label}`, what: `backup of ${label}` },
    }),
  );
}

function maxLossOption(): Option {
  const what = `share of the last good run's files that may be lost before the run is suspect, such as 30%; ${defaultMaxLoss * 100}% unless given`;
  return new Option('--max-loss <share>', what).argParser(share);
}

// It loads what activities are made of, which help does not need.
async function previewLate(call: Call, input: BackupInput): Promise<number> {
  const { previewBackup } = await import('../preview-backup.ts');
  return previewBackup(call, input);
}

/** What {@link withFilters} adds. */
interface FilterFlags {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** Whether they count; false as `--no-ignore-files`. */
  readonly ignoreFiles: boolean;
  readonly excludeIfPresent?: readonly string[];
  readonly largerThan?: number;
  readonly excludeCaches?: boolean;
  readonly oneFileSystem?: boolean;
  readonly followSymlinks?: boolean;
}

/** Adds the options that say what of a tree is backed up. */
function withFilters(command: Command): Command {
  const several = (name: keyof Filters, flags: string, description: string) =>
    new Option(flags, `${description}; may be repeated`).argParser(another(name));
  return command
    .addOption(several('include', '--include <glob>', 'back up only what matches, or lies in a folder that does'))
    .addOption(several('exclude', '--exclude <glob>', 'leave out what matches, with all that is in it'))
    .option('--no-ignore-files', 'back up what .backupignore files leave out, too')
    .addOption(
      several('excludeIfPresent', '--exclude-if-present <name>', 'leave out what is in folders that hold such a name'),
    )
    .addOption(
      new Option('--larger-than <size>', 'leave out larger files: 100MiB').argParser(parserOf(writtenByteSize)),
    )
    .option('--exclude-caches', 'leave out what is in folders with a CACHEDIR.TAG')
    .option('--one-file-system', 'leave out what is on other file systems')
    .option('--follow-symlinks', 'back up what symlinks lead to, as far as it lies below BACKUP_ROOTS');
}

/**
 * The filters of a command, as an input has them: what is given goes before what a source says, and globs come on top of its own. Throws an
 * `ExpectedError` when these are too much together.
 */
function filtersOf(flags: FilterFlags, before: Filters = {}): { readonly filters?: Filters } {
  const { ignoreFiles, largerThan, excludeCaches, oneFileSystem, followSymlinks } = flags;
  const filters: Filters = {
    ...before,
    ...added('include', flags, before),
    ...added('exclude', flags, before),
    ...(!ignoreFiles && { ignoreFiles }),
    ...added('excludeIfPresent', flags, before),
    ...(largerThan !== undefined && { largerThan }),
    ...(excludeCaches === true && { excludeCaches }),
    ...(oneFileSystem === true && { oneFileSystem }),
    ...(followSymlinks === true && { followSymlinks }),
  };
  if (Object.keys(filters).length === 0) return {};
  parseInput(z.object({ filters: filtersSchema }), { filters });
  return { filters };
}

type ListName = 'include' | 'exclude' | 'excludeIfPresent';

function added(name: ListName, flags: FilterFlags, before: Filters): Filters {
  const given = flags[name];
  return given === undefined ? {} : { [name]: [...(before[name] ?? []), ...given] };
}

function another(name: keyof Filters): (text: string, before?: readonly string[]) => readonly string[] {
  return (text, before = []) => {
    const error = filtersSchema.safeParse({ [name]: [text] }).error;
    if (error) throw new InvalidArgumentError(error.issues.map(({ message }) => `It ${message}.`).join(' '));
    return [...before, text];
  };
}
