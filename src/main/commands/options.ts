import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { byteRateHelp, parseByteRate } from '../../shared/byte-rate.ts';
import { isSource, sourceRule } from '../../shared/source.ts';
import type { CommonFlags, Task } from '../invocation.ts';
import type { UploadLimited } from '../limit-upload.ts';

/** Keeps what a command line asks for, until it has been read whole. */
export type Choose = (flags: CommonFlags, task: Task) => void;

export interface JobFlags extends CommonFlags {
  readonly worker: boolean;
}

/** Adds `--json` and `--quiet`. */
export function withCommonOptions(command: Command, json: string): Command {
  return command
    .option('--json', json, false)
    .option('--quiet', 'print nothing but the result: no progress, and no text when all went well', false);
}

/** Adds `--json`, `--quiet` and `--worker`. */
export function withJobOptions(command: Command): Command {
  return withCommonOptions(command, 'print one JSON object instead of text').option(
    '--worker',
    'run a worker in this process even when TEMPORAL_ADDRESS is set',
    false,
  );
}

/** Adds `--limit-upload`, for what sends files. */
export function withUploadLimit(command: Command): Command {
  return command.addOption(
    new Option(
      '--limit-upload <rate>',
      'most that this process sends a second, such as 10MiB; UPLOAD_LIMIT unless given',
    ).argParser(byteRate),
  );
}

/** Adds `--source`, which tells backups of several directories apart. */
export function withSource(command: Command): Command {
  return command.addOption(
    new Option('--source <root>', 'directory that was backed up, where there are backups of several').argParser(
      (root: string) => resolve(notEmpty(root)),
    ),
  );
}

/** What every command understands, as written after its name or before it. */
export function commonFlags(command: Command): JobFlags {
  const given = [command, command.parent].map((one) => one?.opts<JobFlags>());
  const either = (name: keyof JobFlags) => given.some((flags) => flags?.[name] === true);
  return { json: either('json'), quiet: either('quiet'), worker: either('worker') };
}

/** The limit that {@link withUploadLimit} adds, as written after the command's name or before it. */
export function uploadLimitOf(command: Command): UploadLimited {
  const [own, before] = [command, command.parent].map((one) => one?.opts<UploadLimited>().limitUpload);
  const limitUpload = own ?? before;
  return limitUpload === undefined ? {} : { limitUpload };
}

/** The name of a source. */
export function sourceName(text: string): string {
  if (isSource(text)) return text;
  throw new InvalidArgumentError(`It must be ${sourceRule}.`);
}

// An unset variable in a script must not turn into the working directory, or into everything.
export function notEmpty(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It is empty; use . for the working directory.');
}

export const runHelp =
  'id of a run or of its instance, latest, or a time in ISO 8601: the last run that had begun by then';

/** What a `RUN` that is only looked into may be. */
export const heldRunHelp = `${runHelp}; of complete runs, unless an id says which`;

/** A run's reference; an empty one is a mistake. */
export function runArgument(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It is empty; `npm run backup -- runs` lists the runs.');
}

/** `5%` or `0.05`: a share above 0, at most 1. */
export function share(text: string): number {
  const [, number = '', percent] = /^(\d+(?:\.\d+)?|\.\d+)\s*(%?)$/u.exec(text.trim()) ?? [];
  const value = percent === '%' ? Number(number) / 100 : Number(number);
  if (number !== '' && value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a share above 0 and at most 100%, such as 5%.');
}

/** `10MiB`: bytes per second. */
function byteRate(text: string): number {
  const rate = parseByteRate(text);
  if (rate !== undefined) return rate;
  throw new InvalidArgumentError(`It ${byteRateHelp}.`);
}

const mostParts = 10_000;

/** `3/10`: the third of ten parts. */
export function subset(text: string): { number: number; of: number } {
  const [, number, of] = /^(\d{1,5})\s*\/\s*(\d{1,5})$/u.exec(text.trim())?.map(Number) ?? [];
  if (number !== undefined && of !== undefined && number >= 1 && number <= of && of <= mostParts) return { number, of };
  throw new InvalidArgumentError(`It must be a part of at most ${mostParts}, such as 3/10.`);
}
