import express, { Router, type Request, type RequestHandler } from 'express';
import { workflowNames } from '../../shared/contract.ts';
import type { AppDependencies } from './app-dependencies.ts';
import { checkRoot } from './check-root.ts';
import type { Keys } from './keys.ts';
import { managementUris } from './management-uris.ts';
import { HttpProblem } from './problem.ts';

const maxBody = '64kb';
const retryAfterStart = '10';

/** `POST /{functionName}`: starts an orchestration and answers 202 with the way to its status. */
export function createStartRoute({ jobs, taskHub, backupRoots }: AppDependencies, keys: Keys): Router {
  const router = Router();
  const requireKey: RequestHandler = (request, _response, next) => {
    keys.check(request);
    next();
  };
  // Read as text whatever its type, so that the answer to a wrong one can say what is right.
  router.post('/:functionName', requireKey, express.text({ type: () => true, limit: maxBody }));
  router.post('/:functionName', async (request, response) => {
    const name = orchestrator(request.params.functionName);
    const input = inputOf(request);
    const root = (input ?? '').trim();
    await checkRoot(root, backupRoots);
    const instanceId = await jobs.start(name, [input], {
      summary: `Back up ${root === '' ? 'the working directory' : root}`,
    });
    const uris = managementUris(request, { instanceId, taskHub, code: keys.codeOf(instanceId) });
    response.status(202).set({ Location: uris.statusQueryGetUri, 'Retry-After': retryAfterStart }).json(uris);
  });
  return router;
}

// Names match without case, as Azure Functions matches its functions.
function orchestrator(name: string): string {
  const known = [workflowNames.backupSiteContent];
  const found = known.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  if (found === undefined)
    throw new HttpProblem(400, `The orchestrator ${JSON.stringify(name)} does not exist; there is ${known.join(', ')}`);
  return found;
}

// As the caller sent it, for the status shows it again; the workflow trims it too.
function inputOf(request: Request): string | null {
  const text: unknown = request.body;
  if (typeof text !== 'string' || text.trim() === '') return null;
  const type = request.get('content-type');
  if (type !== undefined && !request.is(['application/json', '+json'])) {
    throw new HttpProblem(415, `The content type is ${type}; send application/json`);
  }
  const value = parseJson(text);
  if (value !== null && typeof value !== 'string') {
    throw new HttpProblem(400, 'The body must be a JSON string that names a directory, such as "/srv/site", or empty');
  }
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpProblem(400, 'The body is not valid JSON: send a JSON string with its quotes, such as "/srv/site"');
  }
}
