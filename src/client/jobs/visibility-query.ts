import { isEnded, type JobFilter, type RuntimeStatus } from './job.ts';

const closedAs: Readonly<Record<string, readonly string[]>> = {
  Completed: ['Completed'],
  Failed: ['Failed', 'TimedOut'],
  Canceled: ['Canceled'],
  Terminated: ['Terminated'],
};

/**
 * What Temporal is asked for. It answers with somewhat more than the filter wants: it does not tell Pending, Running and Suspended
 * apart, and knows when a run was started but not the instance, which may have continued as new.
 * The language: https://docs.temporal.io/list-filter
 */
export function visibilityQuery(taskQueue: string, names: readonly string[], filter: JobFilter): string {
  const { createdFrom, statuses, instanceIdPrefix = '' } = filter;
  const conditions = [
    `TaskQueue = ${quoted(taskQueue)}`,
    `WorkflowType IN (${names.map(quoted).join(', ')})`,
    statuses ? statusCondition(statuses) : `ExecutionStatus != 'ContinuedAsNew'`,
    ...(createdFrom ? [`StartTime >= ${quoted(indexable(createdFrom).toISOString())}`] : []),
    ...beginsWith(instanceIdPrefix),
  ];
  return conditions.join(' AND ');
}

/**
 * Finished executions of an id: the runs of one instance, and the instances that had the id before. And perhaps of ids that begin
 * alike.
 */
export function finishedRunsQuery(instanceId: string): string {
  const id = isFindable(instanceId) ? [executionsQuery([instanceId])] : beginsWith(instanceId);
  return [...id, 'CloseTime IS NOT NULL'].join(' AND ');
}

/** All executions of some ids, each of which {@link isFindable}. */
export function executionsQuery(instanceIds: readonly string[]): string {
  return `WorkflowId IN (${instanceIds.map(quoted).join(', ')})`;
}

/** The running workflows of one name on a task queue. */
export function runningQuery(taskQueue: string, name: string): string {
  return `TaskQueue = ${quoted(taskQueue)} AND WorkflowType = ${quoted(name)} AND ExecutionStatus = 'Running'`;
}

// Temporal 1.31 finds no value with this character in it, however it is escaped.
const unfindable = '"';

/** Whether Temporal finds an id when it is asked for the whole of it. */
export function isFindable(instanceId: string): boolean {
  return !instanceId.includes(unfindable);
}

/** Ids that begin like `prefix`, as far as that can be asked. */
function beginsWith(prefix: string): string[] {
  const [findable = ''] = prefix.split(unfindable);
  return findable === '' ? [] : [`WorkflowId STARTS_WITH ${quoted(findable)}`];
}

function statusCondition(statuses: readonly RuntimeStatus[]): string {
  const closed = statuses.flatMap((status) => closedAs[status] ?? []);
  const conditions = [
    ...(closed.length === 0 ? [] : [`ExecutionStatus IN (${closed.map(quoted).join(', ')})`]),
    ...(statuses.every(isEnded) ? [] : ['CloseTime IS NULL']),
  ];
  return `(${conditions.join(' OR ')})`;
}

// Within quotes a backslash escapes what follows, itself and quotes alike.
function quoted(text: string): string {
  return `'${text.replace(/[\\']/gu, String.raw`\$&`)}'`;
}

// Temporal counts nanoseconds in 64 bits, so it knows no time before 1678 or after 2262.
const latest = Date.UTC(2200, 0, 1);

function indexable(time: Date): Date {
  return new Date(Math.min(Math.max(time.getTime(), 0), latest));
}
