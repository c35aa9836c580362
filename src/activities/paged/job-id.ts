import { createHash } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { compactTime } from '../../lib/units.ts';

/** Names a run, a restore or a verification. The same for every attempt of one workflow, and different for two started in the same second. */
export function jobId(startedAt: string): string {
  const execution = Context.current().info.workflowExecution;
  const unique = createHash('sha256')
    .update(execution?.runId ?? '')
    .digest('hex')
    .slice(0, 8);
  return `${compactTime(startedAt)}-${unique}`;
}
