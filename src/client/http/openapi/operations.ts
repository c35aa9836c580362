import { workflowNames } from '../../../contracts/job.ts';
import { webhookPrefix } from '../app-dependencies.ts';
import { backupOperations } from './backup-operations.ts';
import { forgetOperation } from './forget-operation.ts';
import { instanceOperations } from './instance-operations.ts';
import { bodyAnswers, parameters, type Operation } from './operation.ts';
import { pruneOperation } from './prune-operation.ts';
import { scheduleOperations } from './schedule-operations.ts';
import { sourceOperations } from './source-operations.ts';
import type { SchemaName } from './schemas.ts';

const { instanceId, timeout, pollingInterval, idempotencyKey } = parameters;

const bodies: Readonly<Record<string, { schema: SchemaName; required: boolean }>> = {
  [workflowNames.backupSiteContent]: { schema: 'SiteContent', required: false },
  [workflowNames.backup]: { schema: 'Backup', required: false },
  [workflowNames.processBatchOrchestrator]: { schema: 'OrderBatch', required: true },
  [workflowNames.processBatch]: { schema: 'OrderBatch', required: true },
};

const waiting = 'With timeout and pollingInterval, 200 as soon as it has ended within that time.';

function start(path: string, id: string, name: string, chosen: boolean): Operation {
  return {
    method: 'post',
    path: chosen ? `${path}/{instanceId}` : path,
    id: chosen ? `${id}WithId` : id,
    summary: `Start ${name}${chosen ? ' under an id of your own' : ''}. ${waiting}`,
    tag: 'Start',
    parameters: [...(chosen ? [instanceId] : []), timeout, pollingInterval, idempotencyKey],
    body: bodies[name] ?? { schema: 'AnyJson', required: false },
    answers: bodyAnswers,
  };
}

const starts = Object.keys(bodies).flatMap((name) =>
  [
    { prefix: '/orchestrators', id: 'start' },
    { prefix: `${webhookPrefix}/orchestrators`, id: 'startByWebhook' },
  ].flatMap(({ prefix, id }) =>
    [false, true].map((chosen) => start(`${prefix}/${name}`, `${id}_${name}`, name, chosen)),
  ),
);

const others: readonly Operation[] = [
  start('/api/batches', 'startBatch', workflowNames.processBatch, false),
  {
    method: 'get',
    path: '/healthz',
    id: 'health',
    summary: 'The process is up.',
    tag: 'Server',
    open: true,
    answers: { 200: { description: 'It is', schema: 'Health' } },
  },
  {
    method: 'get',
    path: '/readyz',
    id: 'readiness',
    summary: 'Temporal answers, and the server is not about to end.',
    tag: 'Server',
    open: true,
    answers: { 200: { description: 'It may be sent requests', schema: 'Readiness' } },
  },
  {
    method: 'get',
    path: '/metrics',
    id: 'metrics',
    summary: 'What this process counts, for Prometheus.',
    tag: 'Server',
    answers: { 200: { description: "Prometheus' text format", schema: 'Text', type: 'text/plain' } },
  },
  {
    method: 'get',
    path: '/openapi.json',
    id: 'openApiDocument',
    summary: 'This document.',
    tag: 'Server',
    open: true,
    answers: { 200: { description: 'OpenAPI 3.1', schema: 'AnyJson' } },
  },
  {
    method: 'get',
    path: '/docs',
    id: 'docs',
    summary: 'This document as a page.',
    tag: 'Server',
    open: true,
    answers: { 200: { description: 'HTML', schema: 'Text', type: 'text/html' } },
  },
];

/** Every method of every path that the server answers. */
export const operations: readonly Operation[] = [
  ...starts,
  ...backupOperations,
  ...sourceOperations,
  ...scheduleOperations,
  forgetOperation,
  pruneOperation,
  ...instanceOperations,
  ...others,
];
