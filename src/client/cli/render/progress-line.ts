import type { JobProgress } from '../../../contracts/job.ts';
import { printable } from '../../../lib/printable.ts';
import { formatBytes, formatCount, formatDuration } from './format.ts';
import type { Pace } from './pace.ts';

/** What the phases of a job are called, where not as those of a backup. */
export type PhaseWords = Readonly<Partial<Record<JobProgress['phase'], string>>>;

// Below, names and separators give way to numbers.
const narrow = 60;
// From here on there is room for a bar.
const wide = 100;
const barLength = 24;

// Nothing has been counted yet.
const uncounted: readonly JobProgress['phase'][] = ['opening', 'waiting', 'marking'];

// What a job does for most of its time.
const working: readonly JobProgress['phase'][] = ['copying', 'restoring', 'verifying'];

/** The state of a job in a few words. */
export function stateOf({ suspended, phase, waitingFor }: JobProgress, words: PhaseWords): string {
  if (suspended) return 'suspended';
  const word = words[phase] ?? phase;
  if (phase === 'waiting' && waitingFor !== undefined) return `waiting for ${printable(waitingFor)}`;
  return waitingFor === undefined ? word : `${word}, waiting for a worker of ${printable(waitingFor)}`;
}

/** All that there is to say, for a log: the state first. */
export function wholeLine(progress: JobProgress, pace: Pace, words: PhaseWords): string {
  const state = stateOf(progress, words);
  return uncounted.includes(progress.phase) ? state : [state, ...partsOf(progress, pace)].join(' | ');
}

/** What of it fits into a terminal of so many columns: first what matters first, and the state before that where it is not the usual one. */
export function lineWithin(progress: JobProgress, pace: Pace, words: PhaseWords, columns: number): string {
  const state = stateOf(progress, words);
  if (uncounted.includes(progress.phase)) return state.slice(0, columns - 1);
  const isNarrow = columns < narrow;
  const told = partsOf(progress, pace, isNarrow);
  const isUsual = working.includes(progress.phase) && state === (words[progress.phase] ?? progress.phase);
  const [first = '', ...rest] = isUsual ? [...told, state] : [state, ...told];
  const separator = isNarrow ? ' ' : ' | ';
  let line = `${columns < wide ? '' : `${bar(progress)} `}${first}`;
  for (const part of rest) {
    if (line.length + separator.length + part.length >= columns) break;
    line += `${separator}${part}`;
  }
  return line.slice(0, columns - 1);
}

/** What is to be told, in the order in which it matters. */
function partsOf(progress: JobProgress, pace: Pace, isNarrow = false): string[] {
  const { phase, failed, retrying } = progress;
  const { bytesPerSecond, filesPerSecond, remaining } = pace;
  return [
    `${Math.floor(shareDone(progress) * 100)}%`,
    bytesText(progress, isNarrow),
    bytesPerSecond > 0 && `${formatBytes(bytesPerSecond)}/s`,
    working.includes(phase) && timeText(remaining, isNarrow),
    failed > 0 && `${formatCount(failed)} failed`,
    filesText(progress, filesPerSecond),
    retrying && `${formatCount(retrying.activities)} trying again: ${printable(retrying.reason)}`,
  ].filter((part) => typeof part === 'string');
}

function timeText(remaining: number | undefined, isNarrow: boolean): string | undefined {
  if (remaining === undefined) return undefined;
  const left = formatDuration(remaining);
  return isNarrow ? left.replaceAll(' ', '') : `${left} left`;
}

function filesText({ files, totalFiles, listed }: JobProgress, filesPerSecond: number): string {
  const perSecond = filesPerSecond > 0 ? `, ${formatCount(Math.round(filesPerSecond))} files/s` : '';
  return `${formatCount(files)} of ${formatCount(totalFiles)}${listed ? '' : '+'} files${perSecond}`;
}

function bytesText({ bytes, totalBytes, listed }: JobProgress, isNarrow: boolean): string | undefined {
  if (totalBytes === 0) return undefined;
  const more = listed ? '' : '+';
  const [done, total] = [formatBytes(bytes), formatBytes(totalBytes)];
  const [value, unit] = done.split(' ');
  const short = total.endsWith(` ${unit}`) ? value : done;
  return isNarrow ? `${short}/${total}${more}` : `${short} of ${total}${more}`;
}

/** By bytes where there are any: of a large file its parts count, long before it is done. Below 1 until the end. */
function shareDone({ phase, files, failed, totalFiles, bytes, totalBytes }: JobProgress): number {
  if (phase === 'done') return 1;
  const share = totalBytes > 0 ? bytes / totalBytes : totalFiles > 0 ? (files + failed) / totalFiles : 0;
  return Math.min(share, 0.99);
}

function bar(progress: JobProgress): string {
  const done = Math.round(shareDone(progress) * barLength);
  return '='.repeat(done) + '-'.repeat(barLength - done);
}
