import type { Request } from 'express';
import type { z } from 'zod';
import { webhookPrefix } from '../app-dependencies.ts';
import { originOf } from '../server/origin.ts';
import type { managementUrisSchema } from '../schemas/answers.ts';

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
export function managementUris(
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
