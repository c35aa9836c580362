import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { messageOf } from '../../lib/message-of.ts';
import type { TellInput } from '../../contracts/notice.ts';
import type { Attempt } from '../paged/activity.ts';
import { targetAt, type NotifyDependencies } from './target.ts';

// Too many requests, a time-out and the like: later it may be another answer.
const passing: readonly number[] = [408, 425, 429];

/**
 * Posts a notice as JSON to a webhook of this worker's sources file. It may be posted twice, under the same `Idempotency-Key`. Throws
 * `NotificationFailed` where trying again may help and `NotificationRefused` where it cannot. No message has more of the address than its
 * host, for the rest may be a secret.
 */
export function createSendWebhook(deps: NotifyDependencies) {
  return async ({ signal: cancelled }: Attempt, { place, notice, deliveryId, options }: TellInput): Promise<void> => {
    const { webhook } = await targetAt(deps, notice.source, { ...place, kind: 'webhook' });
    const url = new URL(webhook);
    // Schemas have seen to it, and what reads other files than the schema's must not get here.
    if (!/^https?:$/u.test(url.protocol)) throw refused(url, 'is neither of http nor of https');
    const body = JSON.stringify(notice);
    const timeout = AbortSignal.timeout(options.webhookTimeout);
    const headers = {
      'Content-Type': 'application/json',
      'Idempotency-Key': `"${deliveryId}"`,
      ...credentials(url),
    };
    const signal = AbortSignal.any([cancelled, timeout]);
    const status = await post(url, { body, headers, signal }, () => timeout.aborted);
    checkStatus(url, status);
  };
}

/** Calls without credentials in the address, which `fetch` refuses, and cites. */
async function post(url: URL, request: RequestInit, isLate: () => boolean): Promise<number> {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  try {
    // Nobody vouched for where a redirection leads.
    const response = await fetch(bare, { ...request, method: 'POST', redirect: 'manual' });
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    if (isLate()) throw failed(url, 'did not answer in time');
    if (request.signal?.aborted === true) throw error;
    throw failed(url, `cannot be reached (${codeOf(error)})`);
  }
}

function checkStatus(url: URL, status: number): void {
  if (status >= 200 && status < 300) return;
  if (status >= 500 || passing.includes(status)) throw failed(url, `answered ${status}`);
  if (status < 400) throw refused(url, `answered ${status}, and redirections are not followed: name where it leads`);
  throw refused(url, `answered ${status}`);
}

function credentials({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

// A lone % was meant as one.
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function failed({ host }: URL, what: string): ExpectedError {
  return new ExpectedError(failureTypes.notificationFailed, `the webhook at ${host} ${what}`);
}

function refused({ host }: URL, what: string): ExpectedError {
  return new ExpectedError(failureTypes.notificationRefused, `the webhook at ${host} ${what}`);
}

// The message of `fetch` itself says no more than that it failed, and might cite the address.
function codeOf(error: unknown): string {
  const { cause } = error as { cause?: NodeJS.ErrnoException };
  return cause?.code ?? (cause ? messageOf(cause) : 'no connection');
}
