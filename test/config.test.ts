import { hostname } from 'node:os';
import { delimiter, join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { cachedWorkflows, memoryOf } from '../src/config-values.ts';
import { readConfig } from '../src/config.ts';
import { ExpectedError } from '../src/contracts/failures.ts';

function problemWith(env: NodeJS.ProcessEnv): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ExpectedError && error.type === 'InvalidConfiguration') return error.message;
    throw error;
  }
  throw new Error(`accepted ${JSON.stringify(env)}`);
}

test('an empty environment gives the documented defaults', () => {
  const config = readConfig({});
  expect(config).toMatchObject({
    taskQueue: 'durable-backup',
    backupRoots: [process.cwd()],
    container: 'backups',
    prefix: '',
    backupHost: hostname(),
    storage: undefined,
    temporal: { named: false, uiUrl: undefined },
    http: { host: '127.0.0.1', port: 7071, apiKey: undefined, taskHub: 'DurableFunctionsHub' },
    worker: { maxActivities: 32, maxWorkflowTasks: 20, uploadMemoryBytes: 128 * 1024 * 1024 },
    embedded: { temporalPort: 7233, uiPort: 8233, blobPort: 10_000 },
    logLevel: undefined,
  });
});

test('a worker keeps as many workflows in memory as fit, unless it is told, and fewer where processes share the memory', () => {
  const MiB = 1024 * 1024;
  expect([0, 200, 256, 600, 2200, 10_000].map((memory) => cachedWorkflows(memory * MiB))).toEqual([
    10, 10, 14, 100, 500, 1000,
  ]);
  expect(memoryOf(64)).toBeLessThan(memoryOf(1));
  expect(readConfig({}).worker.maxCachedWorkflows).toBe(cachedWorkflows(memoryOf(1)));
  expect(readConfig({ WORKER_PROCESSES: '64' }).worker.maxCachedWorkflows).toBe(cachedWorkflows(memoryOf(64)));
  expect(readConfig({ WORKER_MAX_CACHED_WORKFLOWS: '7' }).worker.maxCachedWorkflows).toBe(7);
});

test('nothing is traced and no worker serves metrics unless a variable says so', () => {
  expect(readConfig({})).toMatchObject({ tracing: undefined, metrics: { port: undefined, open: false } });
  const service = 'durable-backup';
  expect(readConfig({ TRACE_FILE: '/tmp/trace' }).tracing).toEqual({ file: '/tmp/trace', otlp: false, service });
  const collector = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
  expect(readConfig({ ...collector, OTEL_SERVICE_NAME: 'mine' }).tracing).toEqual({ otlp: true, service: 'mine' });
  expect(readConfig({ ...collector, OTEL_SDK_DISABLED: 'true' }).tracing).toBeUndefined();
});

test('the names of a worker have commas between them, each once', () => {
  expect(readConfig({ WORKER_NAMES: 'web-1, photos.2,,web-1' }).worker.names).toEqual(['web-1', 'photos.2']);
  expect(readConfig({}).worker).toMatchObject({ names: [], processes: 1 });
});

test('an empty variable counts as not set', () => {
  const names = ['PORT', 'API_KEY', 'BACKUP_ROOTS', 'BACKUP_CONTAINER', 'TEMPORAL_ADDRESS', 'LOG_LEVEL', 'DATA_DIR'];
  expect(readConfig(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(readConfig({}));
});

test.each([
  ['TASK_QUEUE', 'q'.repeat(801), 'at most 800 characters'],
  ['BACKUP_ROOTS', delimiter, 'directories'],
  ['BACKUP_CONTAINER', 'Backups', 'lower-case'],
  ['BACKUP_PREFIX', '/hosts/', 'followed by a slash'],
  ['BACKUP_HOST', 'h'.repeat(254), 'at most 253 characters'],
  ['BACKUP_HOST', ' ', 'a name'],
  ['AZURE_STORAGE_ACCOUNT', 'https://mine.blob.core.windows.net', 'without its address'],
  ['TEMPORAL_UI_URL', 'localhost:8233', 'http://'],
  ['PORT', '70710', 'from 0 to 65535'],
  ['PORT', '0x10', 'from 0 to 65535'],
  ['PORT', ' ', 'from 0 to 65535'],
  ['METRICS_PORT', '99999', 'from 0 to 65535'],
  ['METRICS_OPEN', 'yes', 'true or false'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', 'http://'],
  ['TASK_HUB', '1-hub', 'letters and digits'],
  ['WORKER_PROCESSES', '65', 'from 1 to 64'],
  ['WORKER_NAMES', 'web-1, no spaces', 'value 2 of the list must be 1 to 64 letters'],
  ['WORKER_NAMES', '.hidden', 'the first a letter or digit'],
  ['WORKER_NAMES', 'n'.repeat(65), '1 to 64'],
  ['ALLOW_COMMANDS', 'yes', 'true or false'],
  ['WORKER_MAX_ACTIVITIES', '0', 'from 1 to 1000'],
  ['WORKER_MAX_WORKFLOW_TASKS', '1.5', 'from 1 to 1000'],
  ['WORKER_MAX_CACHED_WORKFLOWS', '-1', 'from 1 to 10000'],
  ['UPLOAD_MEMORY_MB', 'much', 'from 1 to 65536'],
  ['UPLOAD_LIMIT', '10MB', 'from 1KiB to 1024GiB'],
  ['EMBEDDED_TEMPORAL_PORT', 'x', 'from 0 to 65535'],
  ['EMBEDDED_UI_PORT', '1e9', 'from 0 to 65535'],
  ['EMBEDDED_BLOB_PORT', '-1', 'from 0 to 65535'],
  ['LOG_LEVEL', 'loud', 'trace, debug, info, warn, error, silent'],
])('a wrong %s (%j) is named with what it must be', (name, value, fix) => {
  const problem = problemWith({ [name]: value });
  expect(problem).toContain(`${name}: `);
  expect(problem).toContain(fix);
});

test('several wrong variables are all named at once', () => {
  const problem = problemWith({ PORT: 'x', LOG_LEVEL: 'loud', TASK_HUB: '' });
  expect(problem).toMatch(/PORT: .*LOG_LEVEL: /u);
  expect(problem).not.toContain('TASK_HUB');
});

test.each(['Upper', 'two--hyphens', 'ab', 'a'.repeat(64), '-leading', 'trailing-', 'under_score', '$root'])(
  'the container name %j is refused',
  (name) => {
    expect(problemWith({ BACKUP_CONTAINER: name })).toContain('BACKUP_CONTAINER');
  },
);

test.each(['abc', 'a1-b2', '0-0', 'a'.repeat(63)])('the container name %j is accepted', (name) => {
  expect(readConfig({ BACKUP_CONTAINER: name }).container).toBe(name);
});

test.each([
  'host',
  '/host/',
  'a//b/',
  '../',
  'a/./',
  'a\\b/',
  'a%2F/',
  'a\u0007/',
  '.durable-backup/',
  'x'.repeat(256) + '/',
])('the prefix %j is refused', (prefix) => {
  expect(problemWith({ BACKUP_PREFIX: prefix })).toContain('BACKUP_PREFIX');
});

test.each(['hosts/web-1/', 'Ä ö/', '.hidden/', '...a/'])('the prefix %j is accepted', (prefix) => {
  expect(readConfig({ BACKUP_PREFIX: prefix }).prefix).toBe(prefix);
});

test('secrets print as [secret] wherever they are shown, and are revealed on request alone', () => {
  const config = readConfig({
    API_KEY: 'k3y-of-4711-0815',
    AZURE_STORAGE_CONNECTION_STRING: 'AccountKey=k3y-of-4711-0815',
  });
  const { apiKey } = config.http;
  for (const shown of [String(apiKey), JSON.stringify(config), inspect(config, { depth: 9, showHidden: true })]) {
    expect(shown).toContain('[secret]');
    expect(shown).not.toContain('k3y-of-4711-0815');
  }
  expect(apiKey?.reveal()).toBe('k3y-of-4711-0815');
});

test('a connection string wins over an account, which stands for an identity', () => {
  expect(readConfig({ AZURE_STORAGE_ACCOUNT: 'mine' }).storage).toEqual({ account: 'mine' });
  const both = readConfig({ AZURE_STORAGE_ACCOUNT: 'mine', AZURE_STORAGE_CONNECTION_STRING: 'x' }).storage;
  expect(both).toHaveProperty('connectionString');
});

test('an address or a profile of Temporal counts as named', () => {
  expect(readConfig({ TEMPORAL_ADDRESS: 'somewhere:7233' }).temporal.named).toBe(true);
  expect(readConfig({ TEMPORAL_PROFILE: 'cloud' }).temporal.named).toBe(true);
});

test('BACKUP_ROOTS is split at the path delimiter, resolved, and rid of empty parts', () => {
  expect(readConfig({ BACKUP_ROOTS: ['/srv/a', '', 'b/../c', ''].join(delimiter) }).backupRoots).toEqual([
    '/srv/a',
    join(process.cwd(), 'c'),
  ]);
});
