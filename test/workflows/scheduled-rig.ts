import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { onTestFinished } from 'vitest';
import type { Success } from '../../src/activities/notify/newest-success.ts';
import { ApplicationFailure } from '@temporalio/common';
import type { Delivery, Notice, TellInput } from '../../src/contracts/notice.ts';
import type { ForgetInput } from '../../src/contracts/forget.ts';
import { createStandIns, type Plan } from '../support/stand-in-activities.ts';
import { startWorker } from '../support/workflow-harness.ts';

export interface ScheduledPlan extends Partial<Plan> {
  /** Why a backup cannot begin. */
  readonly open?: ApplicationFailure | (() => Promise<never> | undefined);
  /** What telling a target comes to; throws what the target does. */
  readonly tell?: (asked: TellInput, attempt: number) => Promise<void>;
  readonly forget?: (asked: ForgetInput) => Promise<object>;
  readonly newestSuccess?: () => Promise<Success | null>;
}

/** A worker over stand-in activities, which goes with the test, and what was told by them. */
export async function startScheduling({ open, tell, forget, newestSuccess, ...plan }: ScheduledPlan = {}) {
  const { activities, seen } = createStandIns({ pages: [3], ...plan });
  const told: Notice[] = [];
  const attempts: string[] = [];
  const telling = async (asked: TellInput) => {
    const { list, index, kind } = asked.place;
    attempts.push(`${kind} ${index} of ${list}`);
    await tell?.(asked, attempts.length);
    told.push(asked.notice);
  };
  const { taskQueue, stop } = await startWorker({
    ...activities,
    openRun: async (...asked: Parameters<typeof activities.openRun>) => {
      if (typeof open === 'function') await open();
      else if (open) throw open;
      return activities.openRun(...asked);
    },
    sendWebhook: telling,
    runCommand: telling,
    forgetRuns: async (asked: ForgetInput) =>
      (await forget?.(asked)) ?? { kept: 0, forgotten: 0, recalled: 0, runs: [] },
    newestSuccess: async () => (await newestSuccess?.()) ?? null,
  });
  onTestFinished(stop);
  return { taskQueue, seen, told, attempts };
}

/** A name that no other test has. */
export function newSource(): string {
  return `s-${randomUUID().slice(0, 8)}`;
}

/** What became of telling, by the workflow that a report names. */
export async function deliveriesOf(client: Client, instanceId: string | undefined): Promise<readonly Delivery[]> {
  return (await client.workflow.getHandle(instanceId ?? '').result()) as readonly Delivery[];
}

export function refusal(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true });
}
