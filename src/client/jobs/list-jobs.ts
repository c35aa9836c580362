import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { Door } from './door.ts';
import { createdTime, findJob, jobNames, runtimeStatus } from './execution.ts';
import { inLanes } from './in-lanes.ts';
import type { JobFilter, JobStatus } from './job.ts';
import { statusOf } from './job-status.ts';
import { openToken, sealToken } from './page-token.ts';
import { visibilityQuery } from './visibility-query.ts';

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
}

/** Temporal gives no more at once. */
export const maxPageSize = 1000;

// A filter may want few of many; a caller rather gets a short page than none for a long time.
const looksPerPage = 10;

/** A page of the jobs that a filter wants, newest end first. A page may be short, even empty, and yet not be the last. */
export async function listJobs(door: Door, filter: JobFilter, page: PageOptions): Promise<JobPage> {
  const found: WorkflowExecutionDescription[] = [];
  let { token } = page;
  for (let look = 0; look < looksPerPage && found.length < page.size; look++) {
    const some = await findJobs(door, filter, page.size - found.length, token);
    found.push(...some.found);
    token = some.token;
    if (token === undefined) break;
  }
  const options = { showInput: page.showInput, live: false };
  const jobs = await inLanes(found, (description) => statusOf(door, description, options));
  return { jobs: jobs.flatMap((job) => job ?? []), ...(token !== undefined && { token }) };
}

/** The jobs among the next `size` executions that Temporal has; it looks no further. Throws `InvalidInput` for a token of another list. */
export async function findJobs(
  door: Door,
  filter: JobFilter,
  size: number,
  token?: string,
): Promise<{ found: WorkflowExecutionDescription[]; token?: string }> {
  const { client, ask, taskQueue } = door;
  const query = visibilityQuery(taskQueue, jobNames, filter);
  const { executions, nextPageToken } = await ask(() =>
    client.workflowService.listWorkflowExecutions({
      namespace: client.options.namespace,
      query,
      pageSize: size,
      ...(token !== undefined && { nextPageToken: openToken(token, query) }),
    }),
  );
  const described = await inLanes(executions, async ({ execution }) => {
    const description = await findJob(door, execution?.workflowId ?? '');
    // An instance that was rewound or whose id was used again has older executions, which it replaced.
    return description?.runId === execution?.runId ? description : undefined;
  });
  const found = described.flatMap((description) => (description && wanted(description, filter) ? description : []));
  return { found, ...(nextPageToken && nextPageToken.length > 0 && { token: sealToken(nextPageToken, query) }) };
}

function wanted(description: WorkflowExecutionDescription, filter: JobFilter): boolean {
  const { createdFrom, createdTo, statuses, instanceIdPrefix = '' } = filter;
  const created = createdTime(description);
  return (
    (!createdFrom || created >= createdFrom) &&
    (!createdTo || created <= createdTo) &&
    (!statuses || statuses.includes(runtimeStatus(description))) &&
    description.workflowId.startsWith(instanceIdPrefix)
  );
}
