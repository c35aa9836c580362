import { Router, type Request } from 'express';
import { retryRun, whyNotRetried, type Retry } from '../../jobs/retry-run.ts';
import { workflowNames } from '../../../contracts/job.ts';
import type { Manifest } from '../../../contracts/manifest.ts';
import { createStartAnswer } from '../instances/answer-start.ts';
import type { AppDependencies } from '../app-dependencies.ts';
import { readWait } from '../server/bounded-wait.ts';
import { checkRoot } from '../check-root.ts';
import type { Keys } from '../server/keys.ts';
import { findOrchestrator, type Orchestrator } from '../instances/orchestrators.ts';
import { HttpProblem } from '../problem.ts';
import { readQuery } from '../query.ts';
import { readObject } from '../read-object.ts';
import { startsOf } from '../instances/start-route.ts';
import { onBackups, prefixAsked, requireBackups, runAsked } from './on-backups.ts';
import { restoreBodySchema, verificationBodySchema } from './schemas.ts';

const maxBody = 256 * 1024;

/** `POST /` starts a backup, `POST /{run}/retry`, `/{run}/restores` and `/{run}/verifications` what is done with a run. */
export function createRunStartRoutes(deps: AppDependencies, keys: Keys): Router {
  const router = Router();
  const answer = createStartAnswer(deps, keys);
  router.post('/', ...startsOf(deps, keys, () => findOrchestrator(workflowNames.backup)));
  router.post('/:run/restores', ...startsOf(deps, keys, (request) => restoreOf(deps, request as Request)));
  router.post('/:run/verifications', ...startsOf(deps, keys, (request) => verificationOf(deps, request as Request)));
  router.post(
    '/:run/retry',
    onBackups(deps, keys, async ({ request, response, backups, signal }) => {
      const patience = readWait(readQuery(request));
      const { manifest } = await backups.find({ ...runAsked(request), incompleteToo: true }, signal);
      requireStarted(await retryRun(deps.jobs, manifest), manifest);
      await answer(request, response, { instanceId: manifest.instanceId, patience });
    }),
  );
  return router;
}

function restoreOf(deps: AppDependencies, request: Request): Orchestrator {
  return {
    name: workflowNames.restore,
    maxBody,
    hint: 'send an object, such as {"target":"/srv/restored"}',
    read: async (value, backupRoots) => {
      const asked = runAsked(request);
      const wanted = readObject(restoreBodySchema, value ?? {}, 'a restore');
      const backups = requireBackups(deps, request);
      const { manifest } = await backups.find(asked, forAsLongAsItTakes);
      const target = wanted.target ?? manifest.root;
      await checkRoot(target, backupRoots);
      // The worker asks the same; where the target is elsewhere it alone can.
      const isMirror = wanted.delete === true && wanted.dryRun !== true && wanted.force !== true;
      if (isMirror && wanted.worker === undefined) await backups.checkMirror(manifest, target, forAsLongAsItTakes);
      // As it was asked for, so that the same request sent again is the same one; the worker finds the run again.
      return {
        args: [{ ...asked, ...prefixAsked(request), ...wanted }],
        summary: `Restore run ${manifest.run} into ${target}`,
      };
    },
  };
}

function verificationOf(deps: AppDependencies, request: Request): Orchestrator {
  return {
    name: workflowNames.verify,
    maxBody,
    hint: 'send an object, such as {"deep":true}',
    read: async (value) => {
      const asked = runAsked(request);
      const wanted = readObject(verificationBodySchema, value ?? {}, 'a verification');
      const { manifest } = await requireBackups(deps, request).find(asked, forAsLongAsItTakes);
      return { args: [{ ...asked, ...prefixAsked(request), ...wanted }], summary: `Verify run ${manifest.run}` };
    },
  };
}

// A manifest is small, and the store ends by itself when nothing answers.
const forAsLongAsItTakes = new AbortController().signal;
const codes = { running: 409, complete: 409, replaced: 409, stopped: 409, gone: 410 } as const;

function requireStarted(retried: Retry, manifest: Manifest): void {
  if (retried === 'started') return;
  const why =
    retried === 'running' ? `The instance ${manifest.instanceId} is under way` : whyNotRetried(retried, manifest);
  throw new HttpProblem(codes[retried], why);
}
