import type { Request } from 'express';
import { webhookPrefix } from './app-dependencies.ts';
import { originOf } from './origin.ts';

/** What a caller needs to follow an instance, in the form of Durable Functions' check-status answer. */
export interface ManagementUris {
  readonly id: string;
  readonly statusQueryGetUri: string;
}

// Durable Functions names the storage connection here; it is part of the form and means nothing to this server.
const connection = 'Storage';

export function managementUris(
  request: Request,
  instance: { instanceId: string; taskHub: string; code: string },
): ManagementUris {
  const base = `${originOf(request)}${webhookPrefix}/instances/${encodeURIComponent(instance.instanceId)}`;
  const query = `taskHub=${encodeURIComponent(instance.taskHub)}&connection=${connection}&code=${instance.code}`;
  return { id: instance.instanceId, statusQueryGetUri: `${base}?${query}` };
}
