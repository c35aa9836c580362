import { setTimeout as sleep } from 'node:timers/promises';

const instancesPath = '/runtime/webhooks/durabletask/instances';

/** A status poll's body, as far as tests read it. */
export interface Polled {
  readonly instanceId: string;
  readonly runtimeStatus: string;
  readonly output: unknown;
  readonly historyEvents?: readonly {
    readonly EventType: string;
    readonly FunctionName?: string;
    readonly Result?: unknown;
  }[];
}

/**
 * Calls an API that may be gone at any moment: what broke before its answer was read is sent again, a start with the same key.
 * Throws when it is answered otherwise than it should be.
 */
export class PersistentCaller {
  readonly #url: string;
  /** Requests that were sent again. */
  repeated = 0;
  /** Polls that were answered. */
  polls = 0;

  constructor(url: string) {
    this.#url = url;
  }

  /** Resolves with the instance id. */
  async start(items: unknown, key: string): Promise<string> {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': `"${key}"` };
    const { id } = await this.#ask<{ id: string }>([202], '/api/batches', {
      method: 'POST',
      headers,
      body: JSON.stringify(items),
    });
    return id;
  }

  async poll(instanceId: string, query = ''): Promise<Polled> {
    const polled = await this.#ask<Polled>([200, 202], `${instancesPath}/${instanceId}${query}`);
    this.polls += 1;
    return polled;
  }

  /** Polls until the instance has ended. */
  async untilEnded(instanceId: string): Promise<Polled> {
    for (;;) {
      const polled = await this.poll(instanceId);
      if (!['Pending', 'Running'].includes(polled.runtimeStatus)) return polled;
      await sleep(250);
    }
  }

  list(): Promise<Polled[]> {
    return this.#ask<Polled[]>([200], instancesPath);
  }

  async #ask<T>(expected: readonly number[], path: string, init: RequestInit = {}): Promise<T> {
    for (;;) {
      const answer = await this.#tryOnce(path, init);
      if (answer && !expected.includes(answer.status))
        throw new Error(`${path}: ${answer.status} ${answer.headers} ${answer.text}`);
      if (answer) return JSON.parse(answer.text) as T;
      this.repeated += 1;
      await sleep(100);
    }
  }

  /** Undefined when the connection broke. */
  async #tryOnce(path: string, init: RequestInit) {
    try {
      const response = await fetch(`${this.#url}${path}`, init);
      const headers = JSON.stringify([...response.headers]);
      return { status: response.status, headers, text: await response.text() };
    } catch {
      return undefined;
    }
  }
}
