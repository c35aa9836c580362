import {
  ApplicationFailure,
  proxyActivities,
  workflowInfo,
  type ActivityOptions,
  ParentClosePolicy,
  startChild,
} from '@temporalio/workflow';
import type { NotifyActivities } from '../activities/notify/index.ts';
import { failureTypes, nonRetryableFailureTypes } from '../contracts/failures.ts';
import { workerQueue, workflowNames } from '../contracts/job.ts';
import {
  defaultNotifyOptions,
  type Delivery,
  type NotifyInput,
  type Notice,
  type NotifyOptions,
  type NotifyProgress,
  type TargetPlace,
  listOf,
  type TargetKind,
} from '../contracts/notice.ts';
import { createProgressReport, publish } from './paged/progress-report.ts';
import { caught } from './paged/step-failure.ts';
import { createSuspension } from './paged/suspension.ts';
import { compactTime } from '../lib/units.ts';

// What an activity needs besides the time that its target is given.
const margin = 30_000;
// Where a command must run, a worker may be down for a while.
const startWithin = '1 day';

/**
 * Tells targets of a notice, side by side and each with its own retries. A workflow of its own, so that a target that does not answer
 * holds up nothing else. Fails with `NotificationFailed` when some could not be told, which its details and its message name.
 */
export async function notify({ notice, targets, worker, options }: NotifyInput): Promise<Delivery[]> {
  const begun = { suspended: false, targets: targets.length, delivered: 0, failed: 0 };
  const report = createProgressReport(begun, (now) => publishNotice(notice, now));
  const suspension = createSuspension(report);
  const tuned = { ...defaultNotifyOptions, ...options };
  const tell = {
    webhook: proxyActivities<NotifyActivities>(webhookOptions(tuned)).sendWebhook,
    command: proxyActivities<NotifyActivities>(commandOptions(tuned, worker)).runCommand,
  };
  const deliver = async (place: TargetPlace, number: number): Promise<Delivery> => {
    await suspension.gate();
    const asked = { place, notice, deliveryId: `${workflowInfo().workflowId}-${number}`, options: tuned };
    try {
      await tell[place.kind].executeWithOptions({ summary: nameOf(place) }, [asked]);
    } catch (error) {
      const { message } = caught(error);
      report.milestone((now) => ({ ...now, failed: now.failed + 1 }));
      return { ...place, delivered: false, reason: message };
    }
    report.milestone((now) => ({ ...now, delivered: now.delivered + 1 }));
    return { ...place, delivered: true };
  };
  const deliveries = await Promise.all(targets.map(deliver));
  const lost = deliveries.filter(({ delivered }) => !delivered);
  if (lost.length === 0) return deliveries;
  const named = lost.map((delivery) => `${nameOf(delivery)}: ${delivery.reason}`);
  throw ApplicationFailure.create({
    type: failureTypes.notificationFailed,
    message: `${lost.length} of ${deliveries.length} could not be told that ${notice.text}: ${named.join('; ')}`,
    nonRetryable: true,
    details: [deliveries],
  });
}

/** As people find it in the sources file. */
function nameOf({ list, index, kind }: TargetPlace): string {
  return `${kind}, number ${index + 1} of notify.${list}`;
}

function webhookOptions({ webhookTimeout, webhookAttempts, pause }: NotifyOptions): ActivityOptions {
  return { startToCloseTimeout: webhookTimeout + margin, ...common(pause, webhookAttempts) };
}

function commandOptions(tuned: NotifyOptions, worker: string | undefined): ActivityOptions {
  return {
    startToCloseTimeout: tuned.commandTimeout + margin,
    scheduleToStartTimeout: startWithin,
    ...(worker !== undefined && { taskQueue: workerQueue(worker) }),
    ...common(tuned.pause, tuned.commandAttempts),
  };
}

function common(pause: number, maximumAttempts: number): ActivityOptions {
  return {
    heartbeatTimeout: '15s',
    // Before copies that wait, of which there may be very many.
    priority: { priorityKey: 2 },
    retry: {
      initialInterval: pause,
      backoffCoefficient: 2,
      maximumInterval: '10 minutes',
      maximumAttempts,
      nonRetryableErrorTypes: [...nonRetryableFailureTypes],
    },
  };
}

function publishNotice({ text }: Notice, progress: NotifyProgress): void {
  const { suspended, targets, delivered, failed } = progress;
  const state = suspended ? 'suspended' : 'telling';
  publish(progress, [`**${state}** ${text}`, '', `- ${delivered} of ${targets} told, ${failed} failed`]);
}

/**
 * Has targets told by a workflow of their own, and does not wait for it. Resolves with its id once it is started; undefined when there
 * is nobody to tell.
 */
export async function startNotifying(
  notice: Notice,
  kinds: readonly TargetKind[] | undefined,
  how: Pick<NotifyInput, 'worker' | 'options'>,
): Promise<string | undefined> {
  if (!kinds || kinds.length === 0) return undefined;
  const targets = kinds.map((kind, index) => ({ list: listOf(notice.event), index, kind }));
  const workflowId = `notify-${notice.source}-${notice.event}-${compactTime(notice.at)}-${uniquePart(workflowInfo().runId)}`;
  await startChild<typeof notify>(workflowNames.notify, {
    workflowId,
    args: [{ notice, targets, ...how }],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    // Not the text: the server refuses a summary of more than 400 bytes.
    staticSummary: `Tells of ${notice.event} of ${notice.source}`,
  });
  return workflowId;
}

/**
 * Makes the id of a run that ends in the same second, or that was begun anew, another one. The server's run ids are of version 7 of RFC 9562:
 * they begin with the time, and only their end is random.
 */
function uniquePart(runId: string): string {
  return runId.slice(-8);
}
