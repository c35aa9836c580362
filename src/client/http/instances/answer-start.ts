import type { z } from 'zod';
import type { Request, Response } from 'express';
import type { JobResult, JobStatus } from '../../jobs/job.ts';
import { webhookPrefix } from '../app-dependencies.ts';
import type { managementUrisSchema } from '../answers.ts';
import { readQuery } from '../parameters.ts';
import type { Server } from '../route.ts';
import { originOf } from '../server/origin.ts';
import { addLogFields } from '../server/request-log.ts';
import { answerEnded, failureAsError } from './status.ts';

const retryAfterStart = '10';

interface Started {
  readonly instanceId: string;
  /** The instance whose code may have opened the request; the same one unless given. */
  readonly opener?: string;
  /** Milliseconds that the caller waits for the end. */
  readonly patience: number;
}

interface Asked {
  readonly server: Server;
  readonly request: Request;
  readonly response: Response;
}

/**
 * Answers for an instance that was started: 202 with the way to its status, or, when the caller waits and it ends in time, 200 with
 * the bare output, or with the status of one that did not end well.
 */
export async function answerStart({ server, request, response }: Asked, started: Started): Promise<void> {
  const { instanceId, opener = instanceId, patience } = started;
  const { keys, taskHub } = server;
  addLogFields(response, { instanceId });
  const { result, status } = await endOf(server, response, instanceId, patience);
  if (result?.status === 'Completed') {
    response.json(result.output ?? null);
    return;
  }
  const serverError = readQuery(failureAsError, request.query).returnInternalServerErrorOnFailure === true;
  if (status) {
    const { code, body } = answerEnded(status, serverError);
    response.status(code).json(body);
    return;
  }
  const code = keys.codeOf(instanceId, 'instance');
  // Whoever came with less is not handed more.
  const restartCode = keys.opens(request, opener, ['restart']) ? keys.codeOf(instanceId, 'restart') : code;
  const uris = managementUris(request, { instanceId, taskHub, code, restartCode, serverError });
  response.status(202).set({ Location: uris.statusQueryGetUri, 'Retry-After': retryAfterStart }).json(uris);
}

interface End {
  /** Undefined of one that has not ended in time. */
  readonly result?: JobResult | undefined;
  /** Of one that did not end well. */
  readonly status?: JobStatus | undefined;
}

// Whatever goes wrong with waiting, the instance was started, and the caller needs to know it.
async function endOf(
  { jobs, log, draining }: Server,
  response: Response,
  instanceId: string,
  patience: number,
): Promise<End> {
  if (patience === 0) return {};
  const left = new AbortController();
  response.once('close', () => left.abort());
  try {
    const result = await jobs.wait(instanceId, { patience, signal: AbortSignal.any([left.signal, draining]) });
    if (!result || result.status === 'Completed') return { result };
    return { result, status: await jobs.status(instanceId) };
  } catch (error) {
    log.warn({ err: error, instanceId }, 'could not wait for an instance');
    return {};
  }
}

/** What a caller needs to follow and steer an instance, in the form of Durable Functions' check-status answer. */
export type ManagementUris = z.infer<typeof managementUrisSchema>;

// Durable Functions names the storage connection here; it is part of the form and means nothing to this server.
const connection = 'Storage';

interface InstanceAddress {
  readonly instanceId: string;
  readonly taskHub: string;
  readonly code: string;
  /** Of the URI of its restart. */
  readonly restartCode: string;
  /** Whether polls shall answer 500 when the instance has failed. */
  readonly serverError: boolean;
}

/** `{eventName}` and `{text}` stay as they are, for clients to replace. */
function managementUris(
  request: Request,
  { instanceId, taskHub, code, restartCode, serverError }: InstanceAddress,
): ManagementUris {
  const base = `${originOf(request)}${webhookPrefix}/instances/${encodeURIComponent(instanceId)}`;
  const queryWith = (secret: string) =>
    `taskHub=${encodeURIComponent(taskHub)}&connection=${connection}&code=${secret}`;
  const query = queryWith(code);
  return {
    id: instanceId,
    statusQueryGetUri: `${base}?${query}${serverError ? '&returnInternalServerErrorOnFailure=true' : ''}`,
    sendEventPostUri: `${base}/raiseEvent/{eventName}?${query}`,
    terminatePostUri: `${base}/terminate?reason={text}&${query}`,
    rewindPostUri: `${base}/rewind?reason={text}&${query}`,
    purgeHistoryDeleteUri: `${base}?${query}`,
    restartPostUri: `${base}/restart?${queryWith(restartCode)}`,
    suspendPostUri: `${base}/suspend?reason={text}&${query}`,
    resumePostUri: `${base}/resume?reason={text}&${query}`,
  };
}
