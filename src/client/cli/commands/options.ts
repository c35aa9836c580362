import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Level } from 'pino';
import type { z } from 'zod';
import { stat } from 'node:fs/promises';
import { writtenByteRate, writtenShare } from '../../../lib/units.ts';
import { workerNameSchema, tagSchema } from '../../../contracts/input.ts';
import { subsetSchema } from '../../../contracts/verification.ts';
import { scoped, type SourcesFileFlags } from '../open/scope.ts';
import type { Call, CommonFlags, Task } from '../invocation.ts';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';

/** Keeps what a command line asks for, until it has been read whole; `logLevel` is for where LOG_LEVEL says nothing. */
export type Choose = (flags: CommonFlags, task: Task, logLevel?: Level) => void;

/** Adds one command to the program. */
export type AddCommand = (program: Command, choose: Choose) => void;

export interface JobFlags extends CommonFlags {
  readonly worker: boolean;
}

/** What a command does, told the call with the command's flags and its arguments. Only the command knows which these are. */
type Work = (call: never, ...args: never[]) => Promise<number>;

/** Makes `work` what a command does; {@link commonFlags} reads the flags that are common. */
export function perform(command: Command, choose: Choose, work: Work, logLevel?: Level): void {
  command.action((...given: unknown[]) => {
    const flags = { ...command.opts(), ...commonFlags(command) };
    const args = given.slice(0, command.registeredArguments.length) as never[];
    choose(flags, async (call) => work({ ...call, ...flags } as never, ...args), logLevel);
  });
}

/** What every command understands, as written after its name or before it. */
function commonFlags(command: Command): JobFlags {
  const given: Partial<JobFlags>[] = [];
  for (let one: Command | null = command; one; one = one.parent) given.push(one.opts<JobFlags>());
  const either = (name: keyof JobFlags) => given.some((flags) => flags[name] === true);
  return { json: either('json'), quiet: either('quiet'), verbose: either('verbose'), worker: either('worker') };
}

/**
 * Makes `work` what a command does about the backups of one directory, as {@link perform} does, and adds `--source`, which tells these
 * apart. It is called with the {@link Scope} that is meant.
 */
export function performAtSource(command: Command, choose: Choose, work: Work): void {
  const option = new Option(
    '--source <name>',
    'source, or directory that was backed up; all of them unless given',
  ).argParser(notEmpty);
  const found = async (call: Call & SourcesFileFlags, ...args: never[]) => work((await scoped(call)) as never, ...args);
  perform(withSourcesFile(command.addOption(option)), choose, found);
}

/** What `--json` does where a log, which is JSON in any case, is all that is said. */
export const errorsToo = 'print an error as one JSON object too; the log is JSON in any case';

/** Adds `--json` and `--quiet`. */
export function withCommonOptions(command: Command, json: string): Command {
  return withQuiet(command.option('--json', json, false));
}

/** Adds `--quiet`. */
export function withQuiet(command: Command): Command {
  return command.option('--quiet', 'print nothing but the result: no progress, and no text when all went well', false);
}

/** Adds `--json`, `--quiet`, `--verbose` and `--worker`. */
export function withJobOptions(command: Command): Command {
  return withCommonOptions(command, 'print one JSON object instead of text')
    .option('--verbose', 'print also where it is kept: blobs, manifest or report, instance and history', false)
    .option('--worker', 'run a worker in this process even when TEMPORAL_ADDRESS is set', false);
}

/** Adds `--config`, for what takes the names of sources. */
export function withSourcesFile(command: Command): Command {
  const option = new Option(
    '--config <file>',
    'where sources are named; DURABLE_BACKUP_CONFIG, or ./durable-backup.yaml, unless given',
  ).argParser(notEmpty);
  // As `config` it would be taken for what this process was configured to be.
  option.attributeName = () => 'sourcesFile';
  return command.addOption(option);
}

/** Bytes per second that the command line allows. */
export interface UploadLimited {
  readonly limitUpload?: number;
}

/** Adds `--limit-upload`, for what sends files. */
export function withUploadLimit(command: Command): Command {
  return command.addOption(
    new Option(
      '--limit-upload <rate>',
      'most that this process sends a second, such as 10MiB; UPLOAD_LIMIT unless given',
    ).argParser(parserOf(writtenByteRate)),
  );
}

/**
 * The call with the limit in the place of the environment's. Throws an {@link ExpectedError} where the files are sent by workers
 * elsewhere, which would never know of it.
 */
export function limitUpload<C extends Call & UploadLimited & { readonly worker: boolean }>(call: C): C {
  const { config, limitUpload: uploadLimit, worker } = call;
  if (uploadLimit === undefined) return call;
  if (config.temporal.named && !worker)
    throw new ExpectedError(
      'InvalidConfiguration',
      '--limit-upload holds for a worker in this process, and TEMPORAL_ADDRESS or TEMPORAL_PROFILE names others: set UPLOAD_LIMIT where ' +
        'they run, or add --worker to run one here',
    );
  return { ...call, config: { ...config, worker: { ...config.worker, uploadLimit } } };
}

/**
 * Refuses a worker's name where this process runs the worker itself: that one reads and writes here, and on a task queue that nobody
 * else uses. To take the name for a moment would take work of other jobs that this process may not do.
 */
export function requireElsewhere(
  option: string,
  name: string | undefined,
  { worker, config }: Pick<Call, 'config'> & { readonly worker: boolean },
): void {
  if (name === undefined || (!worker && config.temporal.named)) return;
  throw new ExpectedError(
    failureTypes.invalidInput,
    `${option} ${name} names workers that run elsewhere, and this command would run one of its own: leave it out, or ${
      worker
        ? 'leave out --worker'
        : 'set TEMPORAL_ADDRESS to the server whose workers have it among their WORKER_NAMES'
    }`,
  );
}

/** What {@link withTag} adds. */
export interface TagFlags {
  readonly tag?: readonly string[];
}

/** Adds `--tag`, which may be repeated. */
export function withTag(command: Command, description: string): Command {
  return command.addOption(new Option('--tag <tag>', `${description}; may be repeated`).argParser(anotherTag));
}

/** The tags of a command, as an input has them: those given after those that there are anyway. */
export function tagsOf({ tag = [] }: TagFlags, before: readonly string[] = []): { readonly tags?: readonly string[] } {
  const tags = [...before, ...tag];
  return tags.length === 0 ? {} : { tags };
}

/** Reads one more tag of an option that may be repeated. */
export function anotherTag(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, readTag(text)];
}

const readTag = parserOf(tagSchema);

/** Reads an option's text by a schema, from what `written` makes of it. */
export function parserOf<T>(schema: z.ZodType<T>, written: (text: string) => unknown = String): (text: string) => T {
  return (text) => {
    const { success, data, error } = schema.safeParse(written(text));
    if (success) return data;
    throw new InvalidArgumentError(`It ${error.issues[0]?.message}.`);
  };
}

/** A name of workers. */
export const workerName = parserOf(workerNameSchema);

// An unset variable in a script must not turn into the working directory, or into everything.
export function notEmpty(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It is empty; use . for the working directory.');
}

export const runHelp =
  'id of a run, or its beginning, or of its instance; latest; or a date or a time in ISO 8601: the last run begun by then';

/** What a `RUN` that is only looked into may be. */
export const heldRunHelp = `${runHelp}; of complete runs, unless an id says which`;

/** A run's reference; an empty one is a mistake. */
export function runArgument(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It is empty; `durable-backup runs` lists the runs.');
}

/** `5%` or `0.05`: a share above 0, at most 1. */
export const share = parserOf(writtenShare);

/** `3/10`: the third of ten parts. */
export function subset(text: string): { number: number; of: number } {
  const [, number, of] = /^(\d{1,5})\s*\/\s*(\d{1,5})$/u.exec(text.trim())?.map(Number) ?? [];
  const { success, data } = subsetSchema.safeParse({ number, of });
  if (success) return data;
  throw new InvalidArgumentError(`It must be a part of at most ${subsetSchema.shape.of.maxValue}, such as 3/10.`);
}

/** Throws an {@link ExpectedError} unless `root` is a directory of this machine; `otherwise` says what else could have been meant. */
export async function requireDirectory(root: string, otherwise = ''): Promise<void> {
  const found = await stat(root).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    const why = found.code === 'ENOENT' ? 'does not exist' : `cannot be read (${found.code})`;
    throw new ExpectedError(failureTypes.rootNotFound, `${root} ${why}: give the path of a directory${otherwise}`);
  }
  if (!found.isDirectory())
    throw new ExpectedError(
      failureTypes.rootNotDirectory,
      `${root} is not a directory: give the directory that holds it`,
    );
}

/** The names of a program's commands that its help shows. */
export function commandNames(program: Command): string[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .map((command) => command.name());
}
