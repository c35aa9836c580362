import { Router } from 'express';
import { maxPageSize } from '../../jobs/find-jobs.ts';
import type { AppDependencies } from '../app-dependencies.ts';
import { readListFilter, readPurgeFilter } from './job-filter.ts';
import type { Keys } from '../server/keys.ts';
import { readQuery, type Query } from '../query.ts';
import { idBeginningSchema } from '../schemas/instance-id.ts';
import { statusBody } from './status-body.ts';

const tokenHeader = 'x-ms-continuation-token';
const defaultPageSize = 100;

/** `GET /` lists instances page by page, `DELETE /` purges those that have ended. Both need the key. */
export function createListRoutes({ jobs }: AppDependencies, keys: Keys): Router {
  const router = Router();
  router.get('/', async (request, response) => {
    keys.check(request);
    const query = readQuery(request);
    const token = request.get(tokenHeader) ?? '';
    const filter = readListFilter(query);
    if (!canBeginAnId(filter.instanceIdPrefix)) {
      response.json([]);
      return;
    }
    const showInput = query.flag('showInput') ?? true;
    const page = await jobs.list(filter, { size: pageSize(query), showInput, ...(token !== '' && { token }) });
    // Clients go on while there is a token, so the last page has none rather than an empty one.
    if (page.token !== undefined) response.set(tokenHeader, page.token);
    response.json(page.jobs.map((job) => statusBody(job)));
  });
  router.delete('/', async (request, response) => {
    keys.check(request);
    const filter = readPurgeFilter(readQuery(request));
    const instancesDeleted = canBeginAnId(filter.instanceIdPrefix) ? await jobs.purgeAll(filter) : 0;
    if (instancesDeleted === 0) response.status(404).end();
    else response.json({ instancesDeleted });
  });
  return router;
}

function pageSize(query: Query): number {
  const top = query.number('top');
  return top !== undefined && Number.isInteger(top) && top >= 1 ? Math.min(top, maxPageSize) : defaultPageSize;
}

// Nothing has an id that begins so, and Temporal would not take every such text.
function canBeginAnId(prefix: string | undefined): boolean {
  return prefix === undefined || idBeginningSchema.safeParse(prefix).success;
}
