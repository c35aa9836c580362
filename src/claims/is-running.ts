import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { IsRunning } from './claim-root.ts';

/** Asks the Temporal server that runs the present activity. */
export const isRunning: IsRunning = async (instanceId, firstRunId) => {
  try {
    const { raw, closeTime, runId } = await Context.current().client.workflow.getHandle(instanceId).describe();
    // A reset gives a workflow another run, which is not its first one.
    const isMeant = firstRunId === undefined || [raw.workflowExecutionInfo?.firstRunId, runId].includes(firstRunId);
    return closeTime === undefined && isMeant;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
};
