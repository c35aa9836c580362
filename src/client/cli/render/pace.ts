import type { JobProgress } from '../../../contracts/job.ts';

/** How fast a job goes. */
export interface Pace {
  /** Bytes that go to or come from storage: not those that were there already. */
  readonly bytesPerSecond: number;
  readonly filesPerSecond: number;
  /** Milliseconds to go; absent until the whole tree is listed, and while too little moves to tell. */
  readonly remaining?: number;
}

// Milliseconds: several parts of a large file, which count as each has been sent.
const span = 20_000;
// Small files cost by the file and large ones by the byte: a file counts as this many bytes besides its own.
const bytesPerFile = 64 * 1024;
const longestGuess = 30 * 24 * 60 * 60 * 1000;

const counted = ['files', 'bytes', 'transferred'] as const;

type Look = { readonly [K in 'now' | (typeof counted)[number]]: number };

const none: Look = { now: 0, files: 0, bytes: 0, transferred: 0 };

/** Makes the function that turns successive looks at a job into its pace: what was done in the last seconds, by the time that it took. */
export function createPace(): (progress: JobProgress, now: number) => Pace {
  // Those at which something was done since the one before.
  let looks: Look[] = [];

  return (progress, now) => {
    const { files, bytes, transferred = 0 } = progress;
    const before = looks.at(-1) ?? none;
    // What is done anew goes back.
    if (bytes < before.bytes || files < before.files) looks = [];
    const look = { now, files, bytes, transferred: Math.max(transferred, before.transferred) };
    looks = looks.filter((one, at) => now - one.now <= span || at === looks.length - 1);
    const rate = rateSince(looks[0], look);
    if (looks.length === 0 || counted.some((name) => look[name] > before[name])) looks.push(look);
    const remaining = timeLeft(progress, rate('bytes') + rate('files') * bytesPerFile);
    return {
      bytesPerSecond: rate('transferred'),
      filesPerSecond: rate('files'),
      ...(remaining !== undefined && { remaining }),
    };
  };
}

function rateSince(first: Look | undefined, look: Look): (name: (typeof counted)[number]) => number {
  const seconds = first ? (look.now - first.now) / 1000 : 0;
  return (name) => (first && seconds > 0 ? (look[name] - first[name]) / seconds : 0);
}

function timeLeft(progress: JobProgress, costPerSecond: number): number | undefined {
  if (!progress.listed) return undefined;
  const bytes = Math.max(0, progress.totalBytes - progress.bytes);
  const files = Math.max(0, progress.totalFiles - progress.files - progress.failed);
  const milliseconds = (1000 * (bytes + files * bytesPerFile)) / costPerSecond;
  return milliseconds <= longestGuess ? milliseconds : undefined;
}
