import { setTimeout as sleep } from 'node:timers/promises';

const bytesPerExtraMillisecond = 256;

export interface Patience {
  /** Milliseconds that one try may take, besides what its bytes need. */
  readonly answerWithin: number;
  /** One or more. */
  readonly tries: number;
  /** Milliseconds before the second try; doubled before each later one. */
  readonly firstDelay: number;
}

export interface Ask<T> {
  readonly patience: Patience;
  readonly signal?: AbortSignal | undefined;
  /** Bytes that travel in either direction: large ones are given more time. */
  readonly bytes?: number;
  readonly send: (signal: AbortSignal) => Promise<T>;
}

/**
 * Sends a request, and again when the fault may pass. Throws the signal's reason once it aborts, and otherwise what the last try threw:
 * {@link statusOf} tells what the service answered.
 */
export async function askStorage<T>({ patience, signal, bytes = 0, send }: Ask<T>): Promise<T> {
  const limit = patience.answerWithin + Math.ceil(bytes / bytesPerExtraMillisecond);
  for (let tried = 1, delay = patience.firstDelay; ; tried += 1, delay *= 2) {
    signal?.throwIfAborted();
    try {
      return await within(limit, signal, send);
    } catch (error) {
      signal?.throwIfAborted();
      if (tried >= patience.tries || !mayPass(error)) throw error;
    }
    await pause(delay, signal);
  }
}

/** The HTTP status that an error of the Azure SDK stands for; undefined when no answer came. */
export function statusOf(error: unknown): number | undefined {
  return (error as { statusCode?: number }).statusCode;
}

export function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}

class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

async function within<T>(
  limit: number,
  signal: AbortSignal | undefined,
  send: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), limit);
  try {
    return await send(signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal);
  } catch (error) {
    if (timeout.signal.aborted) throw new NoAnswer(`none within ${limit} ms`, { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function mayPass(error: unknown): boolean {
  const status = statusOf(error);
  if (status !== undefined) {
    if (status >= 500 || status === 408 || status === 429) return true;
    return ['Md5Mismatch', 'ContainerBeingDeleted'].includes(codeOf(error) ?? '');
  }
  // Told by name, for the error's class belongs to whichever copy of the Azure SDK the container client came from.
  const { name, message } = error as Error;
  if (['NoAnswer', 'AbortError', 'RestError'].includes(name)) return true;
  return 'syscall' in (error as Error) || message.startsWith('Data corruption');
}

async function pause(delay: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(delay, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
