import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { environment } from '../src/config-variables.ts';
import { temporalCliVersion } from '../src/embedded/temporal-cli-downloads.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const [compose, example] = await Promise.all(
  ['docker-compose.yml', '.env.example'].map((file) => readFile(`${root}${file}`, 'utf8')),
);

const known = new Set(Object.keys(environment.shape));
const ofTheSdks = /^(?:TEMPORAL|AZURE)_/u;

function matches(text = '', pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, found = '']) => found);
}

/** The keys of every block called `environment`, and of the one that they share: the lines below it that are indented deeper. */
function environmentKeys(yaml = ''): string[] {
  const keys: string[] = [];
  let depth: number | undefined;
  for (const line of yaml.split('\n').filter((text) => !/^\s*(?:#|$)/u.test(text))) {
    const indent = line.search(/\S/u);
    if (depth !== undefined && indent <= depth) depth = undefined;
    const [key = ''] = line.trim().split(':');
    if (depth !== undefined && key !== '<<') keys.push(key);
    if (/^\s*(?:environment:|x-storage: &storage)\s*$/u.test(line)) depth = indent;
  }
  return keys;
}

test('the services are given only variables that the project or its SDKs read', () => {
  const keys = environmentKeys(compose);
  expect(keys).toContain('API_KEY');
  expect(known).toContain('TASK_QUEUE');
  expect(keys.filter((key) => !known.has(key) && !ofTheSdks.test(key))).toEqual([]);
});

test('.env.example lists every variable that the compose file takes from outside', () => {
  const wanted = matches(compose, /\$\{([A-Z_]+)/gu);
  expect(wanted).toContain('BACKUP_SOURCE');
  const listed = new Set(matches(example, /^# ([A-Z][A-Z0-9_]*)=/gmu));
  expect(wanted.filter((name) => !listed.has(name))).toEqual([]);
});

test('every port is open to this machine alone and every image is pinned', () => {
  const published = matches(compose, /^\s+- '([\d.:]+:\d+)'$/gmu);
  expect(published).toHaveLength(3);
  expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  const images = matches(compose, /^\s+image: (\S+)$/gmu);
  expect(images).toHaveLength(2);
  expect(images.filter((image) => !/:\d+\.\d+\.\d+$/u.test(image))).toEqual([]);
  expect(images).toContain(`temporalio/temporal:${temporalCliVersion}`);
});

test('Docker Compose, where there is one, accepts the file and insists on a key', () => {
  const programs = [['docker', 'compose'] as const, ['docker-compose'] as const];
  const found = programs.filter(([name, ...args]) => spawnSync(name, [...args, 'version']).status === 0);
  for (const [name, ...args] of found) {
    const check = (key: string) =>
      spawnSync(name, [...args, 'config', '--quiet'], {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, API_KEY: key },
      });
    expect(check('some key, long enough')).toMatchObject({ status: 0 });
    expect(check('').stderr).toContain('set API_KEY');
  }
});

test("Temporal's HTTP API and Web UI answer no page there either", () => {
  expect(compose).toContain('- --headless\n');
  expect(compose).toContain(`- 'frontend.httpAllowedHosts=[" "]'\n`);
  expect(compose).not.toContain(':8233');
});
