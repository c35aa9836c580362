import { bodyAnswers, parameters, type Operation } from './operation.ts';

const { timeout, pollingInterval, idempotencyKey } = parameters;

/** How what no run needs any more is deleted. */
export const pruneOperation: Operation = {
  method: 'post',
  path: '/api/backups/prune',
  id: 'prune',
  summary: 'Delete from storage what no run needs any more, once the backups under way have ended.',
  tag: 'Start',
  parameters: [timeout, pollingInterval, idempotencyKey],
  body: { schema: 'Prune', required: false },
  answers: bodyAnswers,
};
