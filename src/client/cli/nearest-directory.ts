import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

/** The directory itself, or where it is not there yet, the one on the way to it that is: a worker has to make it in there. */
export function nearestDirectory(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestDirectory(dirname(path));
}
