import type { Request, Response } from 'express';
import type { JobResult, JobStatus } from '../../jobs/job.ts';
import type { AppDependencies } from '../app-dependencies.ts';
import type { Keys } from '../server/keys.ts';
import { drainingOf } from '../server/draining.ts';
import { addLogFields } from '../server/log-fields.ts';
import { managementUris } from './management-uris.ts';
import { readQuery } from '../query.ts';
import { answerEnded, wantsServerError } from './status-route.ts';

const retryAfterStart = '10';

interface Started {
  readonly instanceId: string;
  /** The instance whose code may have opened the request; the same one unless given. */
  readonly opener?: string;
  /** Milliseconds that the caller waits for the end. */
  readonly patience: number;
}

interface End {
  /** Undefined of one that has not ended in time. */
  readonly result?: JobResult | undefined;
  /** Of one that did not end well. */
  readonly status?: JobStatus | undefined;
}

/**
 * Answers for an instance that was started: 202 with the way to its status, or, when the caller waits and it ends in time, 200 with
 * the bare output, or with the status of one that did not end well.
 */
export function createStartAnswer({ jobs, taskHub, log }: AppDependencies, keys: Keys) {
  // Whatever goes wrong with waiting, the instance was started, and the caller needs to know it.
  const endOf = async (response: Response, instanceId: string, patience: number): Promise<End> => {
    if (patience === 0) return {};
    const left = new AbortController();
    response.once('close', () => left.abort());
    try {
      const signal = AbortSignal.any([left.signal, drainingOf(response)]);
      const result = await jobs.wait(instanceId, { patience, signal });
      if (!result || result.status === 'Completed') return { result };
      return { result, status: await jobs.status(instanceId) };
    } catch (error) {
      log.warn({ err: error, instanceId }, 'could not wait for an instance');
      return {};
    }
  };

  return async (request: Request, response: Response, started: Started): Promise<void> => {
    const { instanceId, opener = instanceId, patience } = started;
    addLogFields(response, { instanceId });
    const { result, status } = await endOf(response, instanceId, patience);
    if (result?.status === 'Completed') {
      response.json(result.output ?? null);
      return;
    }
    const query = readQuery(request);
    if (status) {
      const { code, body } = answerEnded(status, query);
      response.status(code).json(body);
      return;
    }
    const code = keys.codeOf(instanceId, 'instance');
    // Whoever came with less is not handed more.
    const restartCode = keys.opens(request, opener, ['restart']) ? keys.codeOf(instanceId, 'restart') : code;
    const serverError = wantsServerError(query);
    const uris = managementUris(request, { instanceId, taskHub, code, restartCode, serverError });
    response.status(202).set({ Location: uris.statusQueryGetUri, 'Retry-After': retryAfterStart }).json(uris);
  };
}
