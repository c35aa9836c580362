#!/usr/bin/env node
// node scripts/run.mjs <entry.ts | package with a program> [arguments …]
//
// Makes every npm script work on a fresh clone and under any Node from 20 on: installs the dependencies when they are not those of
// package-lock.json, then runs the entry with the project's own Node, which runs TypeScript as it is.
// The entry's path is relative to the project; standard output belongs to the entry alone.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const windows = process.platform === 'win32';

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) fail('Usage: node scripts/run.mjs <entry.ts | package> [arguments …]');
if (!isInstalled()) await withInstallLock(install);
process.exitCode = await run(chooseNode(), [resolveEntry(entry), ...args], { stdio: 'inherit' });

/** Whether node_modules holds what package-lock.json asks for, by the list that npm leaves there when an install succeeded. */
function isInstalled() {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const present = readPackages(join(modules, '.package-lock.json'));
  if (wanted === undefined)
    fail(`${join(root, 'package-lock.json')} is missing or damaged: restore it from the repository.`);
  if (present === undefined) return false;
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    const found = present[path];
    // Optional packages are those of other platforms, for the most part.
    if (path === '' || (found === undefined && optional === true)) return true;
    return found?.version === version && found.integrity === integrity;
  });
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

async function install() {
  // Another launcher may have done it while this one waited.
  if (isInstalled()) return;
  console.error('Installing the dependencies (npm ci); the first time this takes a minute or two …');
  // npm must not run on the Node in node_modules, which it is about to replace.
  const path = (process.env.PATH ?? '').split(delimiter).filter((part) => !resolve(part).startsWith(modules));
  const code = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    env: { ...process.env, PATH: path.join(delimiter) },
    shell: windows,
    stdio: ['ignore', 2, 2],
  });
  if (code > 128) process.exit(code);
  if (code !== 0)
    fail(`npm ci failed with exit code ${code} in ${root}; its messages are above. Mend what they name and try again.`);
  if (!isInstalled())
    fail(
      `npm ci succeeded, yet ${modules} is not what package-lock.json asks for. Look for an .npmrc that leaves packages out.`,
    );
}

/** Two launchers on a fresh clone must not install over each other: the second waits for the first. */
async function withInstallLock(work) {
  const lock = join(root, '.data', 'install.lock');
  mkdirSync(dirname(lock), { recursive: true });
  for (let waits = 0; !tryLock(lock); waits += 1) {
    if (waits === 5) console.error(`Waiting for another process that installs the dependencies (${lock}) …`);
    await sleep(200);
  }
  const unlock = () => rmSync(lock, { force: true });
  process.once('exit', unlock);
  try {
    await work();
  } finally {
    process.off('exit', unlock);
    unlock();
  }
}

function tryLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST' && error.code !== 'EPERM') throw error;
  }
  const holder = Number(readText(lock));
  if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true });
  return false;
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function chooseNode() {
  const own = join(modules, 'node', 'bin', windows ? 'node.exe' : 'node');
  if (existsSync(own)) return own;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18)) return process.execPath;
  return fail(
    `${own} is missing and Node ${process.versions.node} cannot run TypeScript. Remove node_modules and try again, or use Node 24.`,
  );
}

/** A path stands for itself; a bare name for the program of that package. */
function resolveEntry(name) {
  if (/[/\\.]/.test(name)) return resolve(root, name);
  const folder = join(modules, name);
  const { bin } = JSON.parse(readText(join(folder, 'package.json')) || '{}');
  const program = typeof bin === 'string' ? bin : bin?.[name];
  return program === undefined
    ? fail(`${name} is neither a path nor an installed package with a program.`)
    : join(folder, program);
}

/** Runs a program to its end and returns its exit code, 128 + the signal's number when a signal ended it. */
function run(command, commandArgs, options) {
  return new Promise((done) => {
    const child = spawn(command, commandArgs, options);
    // A terminal sends Ctrl-C to the child too: handing it on would look like a second one, which means "at once".
    const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
    const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => {
      const forward = () => void (signal === 'SIGINT' && atTerminal ? undefined : child.kill(signal));
      process.on(signal, forward);
      return [signal, forward];
    });
    const end = (code) => {
      for (const [signal, forward] of handlers) process.off(signal, forward);
      done(code);
    };
    child.once('error', (error) => fail(`${command} cannot be started: ${error.message}`));
    child.once('exit', (code, signal) => end(code ?? 128 + constants.signals[signal]));
  });
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
