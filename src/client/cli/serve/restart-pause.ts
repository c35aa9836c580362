const shortest = 1000;
const longest = 30_000;
const longLife = 60_000;

/** How long to wait before a process is started again, after which pause it lived how long; milliseconds. */
export function restartPause(lastPause: number | undefined, livedMs: number): number {
  if (lastPause === undefined || livedMs >= longLife) return shortest;
  return Math.min(longest, lastPause * 2);
}
