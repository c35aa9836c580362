import type { Request, RequestHandler, Response } from 'express';
import type { Backups, RunAsked } from '../../../history/views/backups.ts';
import { parseRunReference } from '../../../history/runs/run-not-found.ts';
import { prefixOf } from '../../../contracts/blob-prefix.ts';
import type { AppDependencies } from '../app-dependencies.ts';
import type { Keys } from '../server/keys.ts';
import { HttpProblem } from '../problem.ts';
import { readQuery } from '../query.ts';

/** What a request about backups is handled with. */
export interface BackupRequest {
  readonly request: Request;
  readonly response: Response;
  readonly backups: Backups;
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal;
}

/** A route that reads what is in storage; it needs the key. Answers 501 where the process knows no storage account. */
export function onBackups(
  deps: AppDependencies,
  keys: Keys,
  handle: (asked: BackupRequest) => Promise<void>,
): RequestHandler {
  return async (request, response) => {
    keys.check(request);
    await handle({ request, response, backups: requireBackups(deps, request), signal: callerOf(response) });
  };
}

/** What is in storage below the prefix that the request means. */
export function requireBackups({ backups }: AppDependencies, request: Request): Backups {
  if (backups) return backups.below(prefixAsked(request).prefix ?? backups.prefix);
  throw new HttpProblem(
    501,
    'This server does not know the storage account: set AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT for it',
  );
}

/** The run that a part of the path and `?root=` mean. Throws a 404 {@link HttpProblem} for what can name none. */
export function runAsked(request: Request, part: 'run' | 'other' = 'run'): RunAsked {
  const run = String(request.params[part]);
  if (!parseRunReference(run)) {
    throw new HttpProblem(
      404,
      `${JSON.stringify(run)} names no run: give its id, latest, or a time such as 2030-01-31T12:00:00Z`,
    );
  }
  const root = readQuery(request).text('root');
  return { run, ...(root !== undefined && root !== '' && { root }) };
}

/** The prefix that `?prefix=` names, if it does. Throws `InvalidInput` for what can be none. */
export function prefixAsked(request: Request): { prefix?: string } {
  const prefix = readQuery(request).text('prefix');
  return prefix === undefined ? {} : { prefix: prefixOf({ prefix }, '') };
}

/** Aborts when the answer's connection closes before its end. */
function callerOf(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}
