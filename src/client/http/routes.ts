import { contentRoutes } from './backups/contents.ts';
import { backupStartRoutes } from './backups/starts.ts';
import { restoreRoutes } from './backups/restores.ts';
import { retentionRoutes } from './backups/retention.ts';
import { runRoutes } from './backups/runs.ts';
import { scheduleRoutes } from './backups/schedules.ts';
import { sourceRoutes } from './backups/sources.ts';
import { orderRoutes } from './instances/order-batch.ts';
import { statusRoutes } from './instances/status.ts';
import { steerRoutes } from './instances/steer.ts';
import { docsRoutes } from './server/docs.ts';
import { serverRoutes } from './server/pages.ts';
import type { Route } from './route.ts';

/** Everything that the server answers, in the order of the document. */
export const routes: readonly Route[] = [
  ...backupStartRoutes,
  ...runRoutes,
  ...contentRoutes,
  ...restoreRoutes,
  ...retentionRoutes,
  ...sourceRoutes,
  ...scheduleRoutes,
  ...statusRoutes,
  ...steerRoutes,
  ...orderRoutes,
  ...serverRoutes,
  ...docsRoutes,
];
