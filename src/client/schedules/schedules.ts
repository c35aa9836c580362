import { setTimeout as sleep } from 'node:timers/promises';
import type { ScheduleDescription, ScheduleHandle } from '@temporalio/client';
import { nearestName } from '../../lib/nearest-name.ts';
import { scheduleId } from '../../contracts/scheduled.ts';
import type { SourceDefinition } from '../../contracts/sources.ts';
import type { JobClient } from '../jobs/job-client.ts';
import { describe } from '../jobs/find-jobs.ts';
import { inLanes } from '../../lib/in-lanes.ts';
import { JobExistsError } from '../jobs/start-job.ts';
import { applySchedules, describeSchedule, scheduledNames, type AppliedChange } from './apply-schedules.ts';
import { askSchedule, scheduleNotFound, scheduleInfoOf, type ScheduleInfo } from './schedule-info.ts';

const startsWithin = 10_000;
const lookEvery = 100;

/**
 * The schedules of a task queue's sources, for HTTP and command line alike. Its methods throw an `ExpectedError`: of type
 * `TemporalUnavailable` when the server does not answer, and of type `ScheduleNotFound` for a source that has none.
 */
export class Schedules {
  readonly #jobClient: JobClient;

  constructor(jobClient: JobClient) {
    this.#jobClient = jobClient;
  }

  /** Makes Temporal equal to the sources, as {@link applySchedules} does. */
  apply(sources: readonly SourceDefinition[], { dryRun = false } = {}): Promise<AppliedChange[]> {
    return applySchedules(this.#jobClient, sources, { dryRun });
  }

  /** All of them, by the names of their sources. */
  async list(): Promise<ScheduleInfo[]> {
    const found = await inLanes(await this.#names(), (name) => this.#describe(name));
    return found.flatMap((schedule) => (schedule ? [scheduleInfoOf(schedule)] : []));
  }

  async get(source: string): Promise<ScheduleInfo> {
    return scheduleInfoOf(await this.#require(source));
  }

  /** Starts nothing from now on until it is resumed; what falls due meanwhile is not made up for. What runs goes on. */
  async pause(source: string, reason: string): Promise<ScheduleInfo> {
    await this.#require(source);
    // Temporal does nothing without a reason.
    const note = reason.trim() || 'Paused';
    await this.#send(source, (handle) => handle.pause(note));
    return this.get(source);
  }

  async resume(source: string): Promise<ScheduleInfo> {
    await this.#require(source);
    await this.#send(source, (handle) => handle.unpause('Resumed'));
    return this.get(source);
  }

  /**
   * Starts a run now, paused or not, and returns its instance id; undefined when Temporal takes its time about it. Throws
   * {@link JobExistsError} while one is under way.
   */
  async trigger(source: string): Promise<string | undefined> {
    const before = await this.#require(source);
    const [running] = scheduleInfoOf(before).running;
    if (running !== undefined && (await this.#isUnderWay(running)))
      throw new JobExistsError(`The scheduled run ${running} of ${source} is under way.`);
    const known = new Set(startedBy(before).map(({ runId }) => runId));
    let skipped = before.info.numActionsSkippedOverlap;
    const ask = () => this.#send(source, (handle) => handle.trigger('SKIP'));
    await ask();
    for (const until = performance.now() + startsWithin; performance.now() < until; await sleep(lookEvery)) {
      const now = await this.#require(source);
      const started = startedBy(now).find(({ runId }) => !known.has(runId));
      if (started) return started.workflowId;
      // It leaves one out until it has noticed that the run before has ended.
      if (now.info.numActionsSkippedOverlap > skipped) await ask();
      skipped = now.info.numActionsSkippedOverlap;
    }
    return undefined;
  }

  /** The schedule's own description lags behind. */
  async #isUnderWay(instanceId: string): Promise<boolean> {
    const found = await this.#jobClient.ask(() => describe(this.#jobClient.client, instanceId));
    return found !== undefined && found.closeTime === undefined;
  }

  #send<T>(source: string, call: (handle: ScheduleHandle) => Promise<T>): Promise<T> {
    const handle = this.#jobClient.client.schedule.getHandle(scheduleId(source));
    return askSchedule(this.#jobClient, source, () => call(handle));
  }

  async #names(): Promise<string[]> {
    return (await scheduledNames(this.#jobClient)).toSorted();
  }

  /** Undefined when there is none on this task queue. */
  async #describe(source: string): Promise<ScheduleDescription | undefined> {
    const found = await describeSchedule(this.#jobClient, source);
    return found?.action.taskQueue === this.#jobClient.taskQueue ? found : undefined;
  }

  async #require(source: string): Promise<ScheduleDescription> {
    const found = await this.#describe(source);
    if (found) return found;
    const nearest = nearestName(
      source,
      (await this.list()).map(({ source: name }) => name),
    );
    throw scheduleNotFound(source, nearest && `did you mean ${nearest}?`);
  }
}

/** Two that start in the same second have the same id. */
function startedBy({ info }: ScheduleDescription): { workflowId: string; runId: string }[] {
  return info.recentActions.map(({ action: { workflow } }) => ({
    workflowId: workflow.workflowId,
    runId: workflow.firstExecutionRunId,
  }));
}
