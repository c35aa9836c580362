import { Router, type Request, type RequestHandler, type Response } from 'express';
import { createStartAnswer } from '../instances/answer-start.ts';
import type { AppDependencies } from '../app-dependencies.ts';
import { readWait } from '../server/bounded-wait.ts';
import { collectBody, readJsonBody } from '../server/json-body.ts';
import type { Keys } from '../server/keys.ts';
import { HttpProblem } from '../problem.ts';
import { readQuery } from '../query.ts';
import { readObject } from '../read-object.ts';
import { applyBodySchema } from './schedule-schemas.ts';
import { Schedules } from '../../schedules/schedules.ts';

const maxBody = 1024;

/**
 * `GET /schedules` lists them, `GET /schedules/{source}` tells of one and `GET …/{source}/next` when it starts; `POST …/{source}/pause`,
 * `/resume` and `/trigger` are about one, and `POST /schedules/apply` makes them all those of the sources file.
 */
export function createScheduleRoutes(deps: AppDependencies, keys: Keys): Router {
  const schedules = new Schedules(deps.jobs.client);
  const router = Router();
  const answerStart = createStartAnswer(deps, keys);
  const on =
    (handle: (request: Request, response: Response, source: string) => Promise<unknown>): RequestHandler =>
    async (request, response) => {
      keys.check(request);
      await handle(request, response, String(request.params['source']));
    };
  const answer = (read: (source: string, request: Request) => Promise<unknown>) =>
    on(async (request, response, source) => response.json(await read(source, request)));

  router.get(
    '/schedules',
    answer(() => schedules.list()),
  );
  router.post(
    '/schedules/apply',
    (request, _response, next) => {
      keys.check(request);
      next();
    },
    collectBody(maxBody),
    answer((_, request) => applyFile(deps, readDryRun(request))),
  );
  router.get(
    '/schedules/:source',
    answer((source) => schedules.get(source)),
  );
  router.get(
    '/schedules/:source/next',
    answer(async (source) => (await schedules.get(source)).next),
  );
  const reasonOf = (request: Request) => readQuery(request).text('reason')?.trim() || 'Paused over HTTP';
  router.post(
    '/schedules/:source/pause',
    answer((source, request) => schedules.pause(source, reasonOf(request))),
  );
  router.post(
    '/schedules/:source/resume',
    answer((source) => schedules.resume(source)),
  );
  router.post(
    '/schedules/:source/trigger',
    on(async (request, response, source) => {
      const patience = readWait(readQuery(request));
      const instanceId = await schedules.trigger(source);
      if (instanceId === undefined)
        throw new HttpProblem(503, `Temporal has not begun the run of ${source}: look again`);
      await answerStart(request, response, { instanceId, patience });
    }),
  );
  return router;
}

/** Whether query or body ask for a dry run. Who asks for one in words that nobody reads would get all but that, so these are refused. */
function readDryRun(request: Request): boolean {
  const query = readQuery(request);
  const inQuery = query.flag('dryRun');
  if (inQuery === undefined && query.text('dryRun') !== undefined) {
    throw new HttpProblem(400, 'dryRun must be true or false');
  }
  const body = readJsonBody(request, { hint: 'send {"dryRun":true}, or nothing' }) ?? {};
  const { dryRun: inBody } = readObject(applyBodySchema, body, 'an object such as {"dryRun":true}');
  return inQuery === true || inBody === true;
}

async function applyFile({ jobs, sources }: AppDependencies, dryRun: boolean) {
  const opened = await sources?.();
  if (!opened) throw new HttpProblem(501, 'This server has no sources file: name it by DURABLE_BACKUP_CONFIG');
  return new Schedules(jobs.client).apply(opened.sources, { dryRun });
}
