import express, { Router, type Request } from 'express';
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
  // Read as text whatever its type, so that the answer to a wrong one can say what is right.
  router.use(express.text({ type: () => true, limit: maxBody }));

  router.post('/:functionName', async (request, response) => {
    keys.check(request);
    const name = orchestrator(request.params.functionName);
    const root = rootOf(request);
    await checkRoot(root, backupRoots);
    const instanceId = await jobs.start(name, [root], {
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

function rootOf(request: Request): string {
  const text: unknown = request.body;
  if (typeof text !== 'string' || text.trim() === '') return '';
  const type = request.get('content-type');
  if (type !== undefined && !request.is(['application/json', '+json'])) {
    throw new HttpProblem(415, `The content type is ${type}; send application/json`);
  }
  const value = parseJson(text);
  if (value === null) return '';
  if (typeof value !== 'string') {
    throw new HttpProblem(400, 'The body must be a JSON string that names a directory, such as "/srv/site", or empty');
  }
  return value.trim();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpProblem(400, 'The body is not valid JSON: send a JSON string with its quotes, such as "/srv/site"');
  }
}
