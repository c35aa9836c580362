import { bodyAnswers, parameters, problem, startedAnswers, type Answer, type Operation } from './operation.ts';
import type { SchemaName } from './schemas.ts';

const { run, other, folder, file, recursive, pattern, reportId, root, prefix } = parameters;
const { mostRuns, runTag, forgottenToo, continuationToken, timeout, pollingInterval, idempotencyKey } = parameters;
const one = '/api/backups/{run}';
const waits = [timeout, pollingInterval];

/** Of whatever looks something up in storage. */
const storageAnswers = {
  404: problem('There is no such run, or none that has ended'),
  409: problem('What storage holds of it was damaged or altered'),
  501: problem('This server knows no storage account, or the run was written by a later version'),
  502: problem('The storage account refuses what was asked'),
} as const;

/** Of what is streamed. */
export function lines(schema: SchemaName): Answer {
  return {
    description: 'One object a line. When it cannot be sent whole, the connection breaks',
    schema,
    type: 'application/x-ndjson',
  };
}

/** What only reads storage. */
export function read(path: string, id: string, more: Pick<Operation, 'summary' | 'parameters' | 'answers'>): Operation {
  return { method: 'get', path, id, tag: 'History', ...more, answers: { ...storageAnswers, ...more.answers } };
}

function start(name: string, id: string, schema: SchemaName, summary: string): Operation {
  return {
    method: 'post',
    path: `${one}/${name}`,
    id,
    summary,
    tag: 'Start',
    parameters: [run, root, prefix, ...waits, idempotencyKey],
    body: { schema, required: false },
    answers: {
      ...storageAnswers,
      ...bodyAnswers,
      409: problem('An instance of that id is running, or what storage holds of the run was damaged or altered'),
    },
  };
}

/** What can be asked of runs, restores and verifications. */
export const backupOperations: readonly Operation[] = [
  read('/api/backups', 'runs', {
    summary: 'The runs, newest first, a page at a time.',
    parameters: [root, prefix, runTag, forgottenToo, mostRuns, continuationToken],
    answers: {
      200: {
        description: 'A page; the header leads to the next',
        schema: 'RunList',
        headers: ['x-ms-continuation-token'],
      },
    },
  }),
  {
    method: 'post',
    path: '/api/backups',
    id: 'startBackup',
    summary: 'Start a backup.',
    tag: 'Start',
    parameters: [...waits, idempotencyKey],
    body: { schema: 'Backup', required: false },
    answers: bodyAnswers,
  },
  {
    method: 'post',
    path: '/api/backups/preview',
    id: 'previewBackup',
    summary: 'Look what a backup would do, and do nothing of it. The output of the instance is a Preview.',
    tag: 'Start',
    parameters: [...waits, idempotencyKey],
    body: { schema: 'Backup', required: false },
    answers: bodyAnswers,
  },
  read(one, 'run', {
    summary: 'How a run stands.',
    parameters: [run, root, prefix],
    answers: { 200: { description: 'It has ended', schema: 'Run' } },
  }),
  read(`${one}/ledger`, 'ledger', {
    summary: 'What became of every path of a run.',
    parameters: [run, root, prefix],
    answers: { 200: lines('LedgerRow') },
  }),
  read(`${one}/entries`, 'entries', {
    summary: 'What is in a folder of a run.',
    parameters: [run, folder, recursive, pattern, root, prefix],
    answers: { 200: lines('EntryRow') },
  }),
  read(`${one}/diff/{other}`, 'diff', {
    summary: 'How what two runs hold differs.',
    parameters: [run, other, root, prefix],
    answers: { 200: lines('DifferenceRow') },
  }),
  read(`${one}/content`, 'content', {
    summary: 'The content of a file, checked against its SHA-256.',
    parameters: [run, file, root, prefix],
    answers: {
      200: {
        description: 'When it is not what the run stored, it does not come whole',
        schema: 'Bytes',
        type: 'application/octet-stream',
        headers: ['Content-Length', 'Content-Disposition', 'ETag'],
      },
    },
  }),
  {
    method: 'post',
    path: `${one}/retry`,
    id: 'retry',
    summary: 'Copy what failed in an incomplete run, and complete it.',
    tag: 'Start',
    parameters: [run, root, prefix, ...waits],
    answers: {
      ...storageAnswers,
      ...startedAnswers,
      409: problem('There is nothing to retry, it is under way, or a later run took its place'),
      410: problem('Temporal does not know its instance any more'),
    },
  },
  {
    method: 'post',
    path: `${one}/accept`,
    id: 'accept',
    summary: 'Say of a suspect run that what it lost is meant: it is a run like any other from then on.',
    tag: 'History',
    parameters: [run, prefix],
    answers: {
      ...storageAnswers,
      200: { description: 'It is not suspect, or not any more', schema: 'Run' },
      400: problem('That is no id of a run'),
    },
  },
  start('restores', 'restore', 'Restore', 'Bring back what a run holds.'),
  start('verifications', 'verify', 'Verification', 'Check that storage holds what a run stored.'),
  ...(['restores', 'verifications'] as const).map((kind) =>
    read(`/api/${kind}/{id}/ledger`, `${kind}Ledger`, {
      summary: `What became of every path of one of the ${kind}.`,
      parameters: [reportId, prefix],
      answers: { 200: lines('LedgerRow') },
    }),
  ),
];
