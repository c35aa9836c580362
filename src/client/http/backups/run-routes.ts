import { Router } from 'express';
import { isRunId } from '../../../history/runs/run-not-found.ts';
import type { RunFilter } from '../../../history/views/list-run-infos.ts';
import { infoOf, type RunInfo } from '../../../history/views/run-info.ts';
import type { AppDependencies } from '../app-dependencies.ts';
import type { Keys } from '../server/keys.ts';
import { HttpProblem } from '../problem.ts';
import { readQuery, type Query } from '../query.ts';
import { answerNdjson } from './answer-stream.ts';
import { onBackups, runAsked, type BackupRequest } from './on-backups.ts';

const tokenHeader = 'x-ms-continuation-token';
const defaultTop = 100;
const mostRuns = 1000;

/**
 * `GET /` lists runs page by page, `GET /{run}` tells of one, `GET /{run}/ledger` streams what became of its paths; `POST /{run}/accept`
 * makes a suspect one a run like any other.
 */
export function createRunRoutes(deps: AppDependencies, keys: Keys): Router {
  const router = Router();
  router.get('/', onBackups(deps, keys, answerList));
  router.get(
    '/:run',
    onBackups(deps, keys, async ({ request, response, backups, signal }) => {
      const { manifest } = await backups.find({ ...runAsked(request), incompleteToo: true }, signal);
      response.json(infoOf(manifest));
    }),
  );
  router.get(
    '/:run/ledger',
    onBackups(deps, keys, async ({ request, response, backups, signal }) => {
      const stored = await backups.find({ ...runAsked(request), incompleteToo: true }, signal);
      await answerNdjson(response, backups.ledger(stored, signal), deps.log);
    }),
  );
  router.post(
    '/:run/accept',
    onBackups(deps, keys, async ({ request, response, backups, signal }) => {
      response.json(infoOf(await backups.accept(String(request.params['run']), signal)));
    }),
  );
  return router;
}

/** `GET /{id}/ledger`: what became of every path of a restore or a verification. */
export function createReportRoutes(deps: AppDependencies, keys: Keys, kind: 'restores' | 'verifications'): Router {
  const router = Router();
  router.get(
    '/:id/ledger',
    onBackups(deps, keys, async ({ request, response, backups, signal }) => {
      const id = String(request.params['id']);
      if (!isRunId(id)) throw new HttpProblem(404, `${JSON.stringify(id)} is not the id of one of the ${kind}`);
      await answerNdjson(response, backups.reportLedger({ kind, id }, signal), deps.log);
    }),
  );
  return router;
}

async function answerList({ request, response, backups, signal }: BackupRequest): Promise<void> {
  const query = readQuery(request);
  const top = topOf(query);
  const before = request.get(tokenHeader) ?? '';
  if (before !== '' && !isRunId(before)) throw new HttpProblem(400, `The ${tokenHeader} is not one of this list`);
  const runs: RunInfo[] = [];
  const filter = { ...filterOf(query), ...(before !== '' && { before }) };
  for await (const run of backups.runs(filter, signal)) {
    if (runs.length === top) {
      response.set(tokenHeader, runs.at(-1)?.run);
      break;
    }
    runs.push(run);
  }
  response.json(runs);
}

function filterOf(query: Query): RunFilter {
  const root = query.text('root') ?? '';
  const forgottenToo = query.flag('forgotten') ?? false;
  return { ...(root !== '' && { root }), tags: query.list('tag'), forgottenToo };
}

function topOf(query: Query): number {
  const top = query.number('top');
  return top !== undefined && Number.isInteger(top) && top >= 1 ? Math.min(top, mostRuns) : defaultTop;
}
