import { ApplicationFailure } from '@temporalio/common';
import { accessRefusal, type Service } from '../access-refused.ts';

/**
 * Why a payload could not be stored or retrieved: the `type` of the `ApplicationFailure` that is thrown, so that it stays legible
 * when it fails an activity. A workflow task that meets one is tried again by Temporal, whatever it says of retries.
 */
export const largeMessageFailures = {
  /** Not retryable. The blob is gone: pruned by hand, or another container. */
  missing: 'LargeMessageMissing',
  /** Not retryable. The blob is not what was stored. */
  altered: 'LargeMessageAltered',
  /** Not retryable. A reference that this driver did not write, or a later version of it did. */
  unreadable: 'LargeMessageReferenceUnreadable',
  /** Retryable. The storage account does not answer, or refuses what an operator can allow. */
  unavailable: 'LargeMessageStorageUnavailable',
} as const;

export function missing(blob: string, url: string): ApplicationFailure {
  return lasting(
    largeMessageFailures.missing,
    `the large message ${blob} is missing from ${url}: was it deleted, or is this another task hub's container?`,
  );
}

export function altered(blob: string, url: string, found: string): ApplicationFailure {
  return lasting(largeMessageFailures.altered, `the large message ${blob} in ${url} is not what was stored: ${found}`);
}

export function unreadableReference(reason: string): ApplicationFailure {
  return lasting(largeMessageFailures.unreadable, `a reference to a large message cannot be read: ${reason}`);
}

/** `action` is what was attempted, naming the blob. */
export function unavailable(action: string, service: Service, error: unknown): ApplicationFailure {
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  const refusal = statusCode === undefined ? undefined : accessRefusal({ status: statusCode, code }, action, service);
  const said = error instanceof Error ? error.message.split('\n')[0] : String(error);
  const answer = statusCode === undefined ? `no answer (${said})` : `answered ${statusCode} ${code ?? ''}`.trimEnd();
  return ApplicationFailure.create({
    type: largeMessageFailures.unavailable,
    message: refusal ?? `${action} in ${service.url}: ${answer}`,
    ...(error instanceof Error && { cause: error }),
  });
}

function lasting(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true });
}
