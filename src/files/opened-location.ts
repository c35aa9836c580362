import { readlinkSync } from 'node:fs';

/**
 * Where the system says that an open file lies, every symlink on the way resolved; undefined where it does not say, as outside of Linux. It
 * answers from memory, also for a file on a network that is silent. See proc_pid_fd(5).
 */
export function openedLocation(fd: number): Buffer | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return readlinkSync(`/proc/self/fd/${fd}`, { encoding: 'buffer' });
  } catch {
    return undefined;
  }
}
