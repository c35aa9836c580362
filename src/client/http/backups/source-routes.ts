import { Router } from 'express';
import { listSources, type SourcesFile } from '../../sources/sources-file.ts';
import { statusOfEach } from '../../sources/source-status.ts';
import { statsBelow, watchedPrefixes, watchedRoots } from '../../sources/watched-roots.ts';
import type { AppDependencies } from '../app-dependencies.ts';
import type { Keys } from '../server/keys.ts';
import { HttpProblem } from '../problem.ts';
import { answerNdjson } from './answer-stream.ts';
import { onBackups, prefixAsked } from './on-backups.ts';

/** `GET /sources` lists what the sources file names, `GET /status` tells how each is, `GET /stats` what they take in storage. */
export function createSourceRoutes(deps: AppDependencies, keys: Keys): Router {
  const router = Router();
  const { jobs, log } = deps;
  router.get(
    '/sources',
    onBackups(deps, keys, async ({ response, backups, signal }) => {
      response.json(await listSources(requireSources(await deps.sources?.()), backups, signal));
    }),
  );
  router.get(
    '/status',
    onBackups(deps, keys, async ({ response, backups, signal }) => {
      const watched = await watchedRoots(await deps.sources?.(), backups, signal);
      response.json(await statusOfEach({ backups, jobs, signal }, watched));
    }),
  );
  router.get(
    '/stats',
    onBackups(deps, keys, async ({ request, response, backups, signal }) => {
      const { prefix } = prefixAsked(request);
      const prefixes = prefix === undefined ? watchedPrefixes(await deps.sources?.(), backups.prefix) : [{ prefix }];
      await answerNdjson(response, statsBelow(backups, prefixes, signal), log);
    }),
  );
  return router;
}

function requireSources(opened: SourcesFile | undefined): SourcesFile {
  if (opened) return opened;
  throw new HttpProblem(501, 'This server knows no sources: set DURABLE_BACKUP_CONFIG to their file for it');
}
