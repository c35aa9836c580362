import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inject, onTestFinished } from 'vitest';
import type { BackupSummary } from '../../../src/contracts/backup.ts';
import { findCli } from '../../support/find-cli.ts';
import { runWarm, type Ended } from '../../support/run-warm.ts';

export type { Ended } from '../../support/run-warm.ts';

/** What a backup prints with `--json`. */
export type PrintedBackup = Omit<BackupSummary, 'runId'> & { readonly instanceId: string; readonly run: string };

/** The rows of a list that a command printed with `--json`. */
export function rowsIn<T>(stdout: string): T[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

export interface RunningCommand {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Ended>;
  /** Resolves once either output matches; rejects when the command ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
}

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  /** The project's folder unless given. */
  readonly cwd?: string;
  /** Whether it must be a process that nothing ran in before. */
  readonly ownProcess?: boolean;
}

const project = fileURLToPath(new URL('../../..', import.meta.url));

/** Starts `durable-backup` with these arguments in a process of its own, in a nearly empty environment; it is killed when the test ends. */
export function startCommand(args: readonly string[], options: CommandOptions = {}): RunningCommand {
  return startProgram(process.execPath, [join(project, 'src/main.ts'), ...args], options);
}

/** As {@link startCommand}, at a terminal of its own: what it shows there is its stdout. `$NODE` and `$ROOT` may be used. */
export function startAtTerminal(shell: string, root: string, env: NodeJS.ProcessEnv): RunningCommand {
  return startProgram('script', ['--quiet', '--return', '--command', shell, '/dev/null'], {
    env: { ...env, NODE: process.execPath, ROOT: root, TERM: 'xterm', SHELL: '/bin/sh' },
  });
}

/** As {@link startCommand}, for any program. */
export function startProgram(
  program: string,
  args: readonly string[],
  { env = {}, uid, cwd = project }: CommandOptions,
): RunningCommand {
  const child = spawn(program, args, {
    cwd,
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
  let over = false;
  const ended = once(child, 'close').then(([code]): Ended => {
    over = true;
    return { code: code as number | null, stdout, stderr };
  });
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    until: async (pattern) => {
      for (;;) {
        const found = pattern.exec(stdout) ?? pattern.exec(stderr);
        if (found) return found;
        if (over) throw new Error(`ended without ${String(pattern)}:\n${stdout}\n${stderr}`);
        await sleep(20);
      }
    },
  };
}

function environment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  return { PATH, NODE_COMPILE_CACHE, HOME: tmpdir(), ...env };
}

const serving = new Set(['worker', 'api', 'dev']);

/**
 * Runs `durable-backup` with these arguments to its end: in a process that ran it before, unless the call asks for one of its own or is
 * of a command that serves.
 */
export function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  const { env = {}, uid, cwd = project, ownProcess = false } = options;
  if (ownProcess || serving.has(args[0] ?? '')) return startCommand(args, options).ended;
  return runWarm({ argv: args, env: environment(env), cwd }, uid);
}

/**
 * Runs the command of this name that a text prints, exactly as it is printed there, in a shell that is somewhere else and knows of `env`
 * alone.
 */
export async function runPrinted(text: string, name: string, env: NodeJS.ProcessEnv = servers()): Promise<Ended> {
  const settings = `(?:[A-Z_]+=(?:'[^']*'|\\S+) )*`;
  const [, command] = new RegExp(`(?:\`|  )(${settings}durable-backup ${name}\\b[^\`\n]*)`, 'u').exec(text) ?? [];
  if (command === undefined) throw new Error(`No \`durable-backup ${name}\` in:\n${text}`);
  const folder = mkdtempSync(join(tmpdir(), 'durable-backup-path-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const program = `#!/bin/sh\nexec "${process.execPath}" "${join(project, 'src/main.ts')}" "$@"\n`;
  writeFileSync(join(folder, 'durable-backup'), program, { mode: 0o755 });
  const PATH = `${folder}:${process.env['PATH'] ?? ''}`;
  return startProgram('/bin/sh', ['-c', command], { env: { ...env, PATH }, cwd: tmpdir() }).ended;
}

/** The variables that name the test run's servers. */
export function servers(connectionString: string = inject('connectionString')): NodeJS.ProcessEnv {
  return {
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    AZURE_STORAGE_CONNECTION_STRING: connectionString,
    DURABLE_BACKUP_WORKFLOW_BUNDLE: inject('workflowBundlePath'),
  };
}

/** The variables of a user whose home is `home`, for whom a command starts servers of its own. */
export async function embeddedServers(home: string): Promise<NodeJS.ProcessEnv> {
  return {
    HOME: home,
    // Of compiled modules and downloads, and nobody's backups; that of the other tests.
    XDG_CACHE_HOME: join(tmpdir(), '.cache'),
    EMBEDDED_TEMPORAL_PORT: '0',
    EMBEDDED_UI_PORT: '0',
    EMBEDDED_BLOB_PORT: '0',
    TEMPORAL_CLI_PATH: await findCli(),
    DURABLE_BACKUP_WORKFLOW_BUNDLE: inject('workflowBundlePath'),
  };
}

/** Options that make a command run as a user whom permissions bind: root reads everything. */
export function asOrdinaryUser(env: NodeJS.ProcessEnv): CommandOptions {
  if (process.getuid?.() !== 0) return { env };
  const directory = mkdtempSync(join(tmpdir(), 'durable-backup-bundle-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  const bundle = join(directory, 'bundle.js');
  copyFileSync(inject('workflowBundlePath'), bundle);
  chmodSync(bundle, 0o644);
  return { env: { ...env, DURABLE_BACKUP_WORKFLOW_BUNDLE: bundle }, uid: 65_534 };
}

/** An address on this machine where nothing listens. */
export const closedAddress = '127.0.0.1:1';
