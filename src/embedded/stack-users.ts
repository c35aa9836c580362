import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';

/** Writes down that this process uses the stack; returns the file's path. The caller holds the stack's lock. */
export async function addUser(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, `${process.pid}-${randomUUID().slice(0, 8)}.json`);
  const draft = `${file}.new`;
  await writeFile(draft, JSON.stringify(await identifyProcess(process.pid)));
  await rename(draft, file);
  return file;
}

/** Removes one user, and those whose processes have died; returns how many are left. The caller holds the stack's lock. */
export async function removeUser(directory: string, file: string): Promise<number> {
  await rm(file, { force: true });
  return countUsers(directory);
}

/** How many there are; those whose processes have died are removed. The caller holds the stack's lock. */
export async function countUsers(directory: string): Promise<number> {
  let left = 0;
  for (const name of await readdir(directory)) {
    const user = await readUser(join(directory, name));
    if (user !== undefined && (await isRunning(user))) left += 1;
    else await rm(join(directory, name), { force: true });
  }
  return left;
}

async function readUser(file: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
