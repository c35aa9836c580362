import { ExpectedError } from '../../contracts/failures.ts';
import type { JobClient } from './job-client.ts';
import { findJobs } from './find-jobs.ts';
import { inLanes } from '../../lib/in-lanes.ts';
import type { JobFilter, JobStatus } from './job.ts';
import { statusOf } from './job-status.ts';

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
