import {
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowExecutionInfo,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';
import { createHash } from 'node:crypto';
import type { JobClient } from './job-client.ts';
import { workflowNames } from '../../contracts/job.ts';
import { createdTime, runtimeStatus, statusInHistory, type Execution } from './execution.ts';
import { inLanes } from '../../lib/in-lanes.ts';
import type { JobFilter, JobStatus } from './job.ts';
import { executionsQuery, isFindable, visibilityQuery } from './visibility-query.ts';
import { ExpectedError } from '../../contracts/failures.ts';
import { statusOf } from './job-status.ts';

/** The workflows that are jobs; whatever else runs on the same namespace is none of ours. */
const jobNames: readonly string[] = Object.values(workflowNames);

/** A job, described. */
type FoundJob = WorkflowExecutionDescription & Pick<Execution, 'statusInHistory'>;

/** The newest execution under an id; undefined when there is none. */
export async function describe(client: Client, instanceId: string): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.workflow.getHandle(instanceId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** As {@link describe}, but undefined too for what is no job of this task queue, or was purged. */
export async function findJob(
  { client, taskQueue, ask, forgotten }: JobClient,
  instanceId: string,
): Promise<FoundJob | undefined> {
  const description = await ask(() => describe(client, instanceId));
  if (!description || forgotten.has(description.runId)) return undefined;
  if (description.taskQueue !== taskQueue || !jobNames.includes(description.type)) return undefined;
  return { ...description, statusInHistory: await ask(() => statusInHistory(client, description)) };
}

/** Temporal gives no more at once. */
export const maxPageSize = 1000;

/**
 * The jobs among the next `size` executions that Temporal lists; it looks no further. What the list tells is not asked for again:
 * only what runs, and what had other executions under its id before, is described. Throws `InvalidInput` for a token of another list.
 */
export async function findJobs(
  jobClient: JobClient,
  filter: JobFilter,
  size: number,
  token?: string,
): Promise<{ found: Execution[]; token?: string }> {
  const query = visibilityQuery(jobClient.taskQueue, jobNames, filter);
  const { executions, nextPageToken } = await list(jobClient, query, size, token && openToken(token, query));
  const listed = executions.filter(({ runId }) => !jobClient.forgotten.has(runId));
  const ofIds = await executionsOfEnded(jobClient, listed);
  const known = await inLanes(listed, async (info): Promise<Execution | undefined> => {
    const { workflowId, runId, startTime } = info;
    const all = ofIds.get(workflowId) ?? [];
    if (all.length === 1) return { ...info, raw: {} };
    // An instance that was rewound or whose id was used again has older executions, which it replaced.
    if (all.some((other) => other.startTime > startTime)) return undefined;
    const description = await findJob(jobClient, workflowId);
    return description?.runId === runId ? description : undefined;
  });
  const found = known.flatMap((execution) => (execution && wanted(execution, filter) ? execution : []));
  return { found, ...(nextPageToken.length > 0 && { token: sealToken(nextPageToken, query) }) };
}

export interface JobPage {
  readonly jobs: readonly JobStatus[];
  /** Where the next page starts; absent on the last. */
  readonly token?: string;
}

export interface PageOptions {
  /** Most jobs on the page, 1 to {@link maxPageSize}. */
  readonly size: number;
  /** Of the page before. */
  readonly token?: string;
  readonly showInput: boolean;
  /** Milliseconds after which the page ends where it is; some seconds unless given. */
  readonly patience?: number;
}

// A filter may want few of many, and a busy server is slow: a caller rather gets a short page than none for a long time.
const defaultPatience = 4000;
const perLook = 50;

/**
 * A page of the jobs that a filter wants, newest end first. A page may be short, even empty, and yet not be the last. It tells what
 * Temporal has indexed, which comes a moment after what has happened.
 */
export async function listJobs(jobClient: JobClient, filter: JobFilter, page: PageOptions): Promise<JobPage> {
  const { size, showInput, patience = defaultPatience } = page;
  const until = performance.now() + patience;
  const jobs: JobStatus[] = [];
  let { token } = page;
  do {
    const look = await lookFrom(jobClient, filter, {
      size: Math.min(size - jobs.length, perLook),
      showInput,
      token,
    }).catch((error: unknown) => {
      if (jobs.length > 0 && isUnavailable(error)) return undefined;
      throw error;
    });
    if (!look) break;
    jobs.push(...look.jobs);
    ({ token } = look);
  } while (token !== undefined && jobs.length < size && performance.now() < until);
  return { jobs, ...(token !== undefined && { token }) };
}

async function lookFrom(
  jobClient: JobClient,
  filter: JobFilter,
  { size, showInput, token }: { size: number; showInput: boolean; token: string | undefined },
): Promise<JobPage> {
  const { found, token: next } = await findJobs(jobClient, filter, size, token);
  const jobs = await inLanes(found, (execution) => statusOf(jobClient, execution, { showInput }));
  return { jobs: jobs.flatMap((job) => job ?? []), ...(next !== undefined && { token: next }) };
}

function isUnavailable(error: unknown): boolean {
  return error instanceof ExpectedError && error.type === 'TemporalUnavailable';
}

/** All executions of the ids of those that have ended, as far as one list tells them. */
async function executionsOfEnded(
  jobClient: JobClient,
  listed: readonly WorkflowExecutionInfo[],
): Promise<ReadonlyMap<string, readonly WorkflowExecutionInfo[]>> {
  const ids = listed.flatMap(({ closeTime, workflowId: id }) => (closeTime && isFindable(id) ? id : []));
  if (ids.length === 0) return new Map();
  const { executions, nextPageToken } = await list(jobClient, executionsQuery([...new Set(ids)]), maxPageSize);
  return nextPageToken.length > 0 ? new Map() : Map.groupBy(executions, ({ workflowId }) => workflowId);
}

async function list(
  { client, ask }: JobClient,
  query: string,
  pageSize: number,
  nextPageToken?: Uint8Array | '',
): Promise<{ executions: WorkflowExecutionInfo[]; nextPageToken: Uint8Array }> {
  const { namespace, loadedDataConverter } = client.options;
  const request = { namespace, query, pageSize, ...(nextPageToken && { nextPageToken }) };
  const page = await ask(() => client.workflowService.listWorkflowExecutions(request));
  const executions = await Promise.all(
    page.executions.map((raw) => executionInfoFromRaw(raw, loadedDataConverter, raw, namespace)),
  );
  return { executions, nextPageToken: page.nextPageToken };
}

function wanted(execution: Execution, filter: JobFilter): boolean {
  const { createdFrom, createdTo, statuses, instanceIdPrefix = '' } = filter;
  const created = createdTime(execution);
  return (
    (!createdFrom || created >= createdFrom) &&
    (!createdTo || created <= createdTo) &&
    (!statuses || statuses.includes(runtimeStatus(execution))) &&
    execution.workflowId.startsWith(instanceIdPrefix)
  );
}

const sumLength = 12;

/** Temporal's own token as text. It is good for the same query alone. */
function sealToken(token: Uint8Array, query: string): string {
  return `${sumOf(token, query)}${Buffer.from(token).toString('base64url')}`;
}

/** The token that was sealed. Throws an {@link ExpectedError} for any other: Temporal takes long over what it cannot read. */
function openToken(text: string, query: string): Uint8Array {
  const token = Buffer.from(text.slice(sumLength), 'base64url');
  if (sealToken(token, query) === text) return token;
  throw new ExpectedError('InvalidInput', 'The continuation token is not of this list: begin without one');
}

function sumOf(token: Uint8Array, query: string): string {
  return createHash('sha256').update(token).update(query).digest('base64url').slice(0, sumLength);
}
