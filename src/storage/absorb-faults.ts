import { setTimeout as sleep } from 'node:timers/promises';
import { RestError } from '@azure/storage-blob';
import { answerOf, isInternalFault } from './azure-errors.ts';

const tries = 3;
const firstPause = 200;

/**
 * Sends again after a dropped connection or an error inside the service. The SDK's own retries are off: they would ask a busy service
 * again without anybody knowing.
 */
export async function absorbFaults<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await send();
    } catch (error) {
      if (tried >= tries || signal.aborted || !mayPass(error)) throw error;
      await sleep(firstPause * tried * (0.5 + Math.random() / 2), undefined, { signal });
    }
  }
}

function mayPass(error: unknown): boolean {
  const answer = answerOf(error);
  return answer ? isInternalFault(answer) : error instanceof RestError;
}
