import { runtimeStatuses, type JobFilter, type RuntimeStatus } from '../../jobs/job.ts';
import { HttpProblem } from '../problem.ts';
import type { Query } from '../query.ts';

/** The filter of a list. What it does not know of is left out, as Durable Functions does. */
export function readListFilter(query: Query): JobFilter {
  const { known } = statusesOf(query);
  return { ...times(query), ...(known.length > 0 && { statuses: known }), ...prefix(query) };
}

/**
 * The filter of a purge, where what is left out would delete more than was meant. Throws a 400 {@link HttpProblem} for a status or
 * a time that cannot be read, and when `createdTimeFrom` is not there.
 */
export function readPurgeFilter(query: Query): JobFilter {
  if (query.time('createdTimeFrom') === undefined) {
    throw new HttpProblem(400, "Please provide value for 'createdTimeFrom' parameter.");
  }
  const { known, unknown } = statusesOf(query);
  if (unknown.length > 0) {
    const names = unknown.map((name) => JSON.stringify(name)).join(', ');
    throw new HttpProblem(400, `runtimeStatus ${names} is not one of ${runtimeStatuses.join(', ')}`);
  }
  if ((query.text('createdTimeTo') ?? '').trim() !== '' && query.time('createdTimeTo') === undefined) {
    throw new HttpProblem(400, 'createdTimeTo is not an ISO time, such as 2030-01-31T12:00:00Z');
  }
  return { ...times(query), ...(known.length > 0 && { statuses: known }), ...prefix(query) };
}

function statusesOf(query: Query): { known: RuntimeStatus[]; unknown: string[] } {
  const found = query.list('runtimeStatus').map((name) => ({
    name,
    status: runtimeStatuses.find((status) => status.toLowerCase() === name.toLowerCase()),
  }));
  return {
    known: [...new Set(found.flatMap(({ status }) => status ?? []))],
    unknown: found.flatMap(({ name, status }) => (status === undefined ? name : [])),
  };
}

function times(query: Query): JobFilter {
  const createdFrom = query.time('createdTimeFrom');
  const createdTo = query.time('createdTimeTo');
  return { ...(createdFrom && { createdFrom }), ...(createdTo && { createdTo }) };
}

function prefix(query: Query): JobFilter {
  const instanceIdPrefix = query.text('instanceIdPrefix') ?? '';
  return instanceIdPrefix === '' ? {} : { instanceIdPrefix };
}
