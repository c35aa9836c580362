import type { Client, WorkflowService } from '@temporalio/client';

/** gRPC status codes that mean something here. */
export const codes = { notFound: 5, unimplemented: 12 } as const;

// The client waits for ever unless told otherwise.
const answerWithin = 30_000;
const eventsAtOnce = 500;

export interface Execution {
  readonly workflowId: string;
  readonly runId: string;
  /** Milliseconds since 1970; undefined while it is open. */
  readonly closedAt: number | undefined;
}

interface Page {
  readonly nextPageToken?: Uint8Array | null;
}

/** Requests to one namespace, below the level at which payloads are decoded. Every answer that holds payloads goes to `visit`. */
export class Temporal {
  readonly #client: Client;
  readonly #namespace: string;
  readonly #visit: (message: object) => void;

  constructor(client: Client, visit: (message: object) => void) {
    this.#client = client;
    this.#namespace = client.options.namespace;
    this.#visit = visit;
  }

  async *executions(): AsyncIterable<Execution> {
    const namespace = this.#namespace;
    const pages = this.#pages('the list of workflows', (service, nextPageToken) =>
      service.listWorkflowExecutions({ namespace, nextPageToken, pageSize: 1000 }),
    );
    for await (const { executions } of pages) {
      for (const { execution, closeTime } of executions) {
        yield {
          workflowId: execution?.workflowId ?? '',
          runId: execution?.runId ?? '',
          closedAt: closeTime ? Number(closeTime.seconds) * 1000 : undefined,
        };
      }
    }
  }

  async history({ workflowId, runId }: Execution): Promise<void> {
    const request = {
      namespace: this.#namespace,
      execution: { workflowId, runId },
      maximumPageSize: eventsAtOnce,
      skipArchival: true,
    };
    let nextPageToken: Uint8Array | null | undefined;
    do {
      const page = await this.#send((service) =>
        service.getWorkflowExecutionHistory({ ...request, ...(nextPageToken && { nextPageToken }) }),
      );
      if (!page.history) throw new Error('it is served in a form that cannot be searched');
      this.#visit(page);
      nextPageToken = page.nextPageToken;
    } while (nextPageToken?.length);
  }

  async description({ workflowId, runId }: Execution): Promise<void> {
    const execution = { workflowId, runId };
    const namespace = this.#namespace;
    this.#visit(await this.#send((service) => service.describeWorkflowExecution({ namespace, execution })));
  }

  async *schedules(): AsyncIterable<string> {
    const namespace = this.#namespace;
    const pages = this.#pages('the list of schedules', (service, nextPageToken) =>
      service.listSchedules({ namespace, nextPageToken, maximumPageSize: 100 }),
    );
    for await (const { schedules } of pages) for (const { scheduleId } of schedules) if (scheduleId) yield scheduleId;
  }

  async schedule(scheduleId: string): Promise<void> {
    const namespace = this.#namespace;
    await this.#look(`the schedule ${scheduleId}`, (service) => service.describeSchedule({ namespace, scheduleId }));
  }

  /** Activities that were started by a client rather than by a workflow. */
  async *activities(): AsyncIterable<{ activityId: string; runId: string }> {
    const namespace = this.#namespace;
    const pages = this.#pages('the list of activities', (service, nextPageToken) =>
      service.listActivityExecutions({ namespace, nextPageToken, pageSize: 1000 }),
    );
    for await (const { executions } of pages) {
      for (const { activityId, runId } of executions) if (activityId && runId) yield { activityId, runId };
    }
  }

  async activity(activity: { activityId: string; runId: string }): Promise<void> {
    const all = { includeInput: true, includeOutcome: true, includeHeartbeatDetails: true, includeLastFailure: true };
    await this.#look(`the activity ${activity.activityId}`, (service) =>
      service.describeActivityExecution({ namespace: this.#namespace, ...activity, ...all }),
    );
  }

  async *#pages<T extends Page & object>(
    subject: string,
    send: (service: WorkflowService, nextPageToken: Uint8Array) => Promise<T>,
  ): AsyncIterable<T> {
    let token: Uint8Array = new Uint8Array();
    do {
      let page: T;
      try {
        page = await this.#send((service) => send(service, token));
        // Memos are listed too.
        this.#visit(page);
      } catch (error) {
        // A server that does not know of a kind of thing holds none.
        if ((error as { code?: unknown }).code === codes.unimplemented) return;
        throw new ScanError(subject, error);
      }
      yield page;
      token = page.nextPageToken ?? new Uint8Array();
    } while (token.length > 0);
  }

  async #look(subject: string, send: (service: WorkflowService) => Promise<object>): Promise<void> {
    try {
      this.#visit(await this.#send(send));
    } catch (error) {
      // Deleted since it was listed; what it started by then is listed in its own right.
      if ((error as { code?: unknown }).code === codes.notFound) return;
      throw new ScanError(subject, error);
    }
  }

  #send<T>(send: (service: WorkflowService) => Promise<T>): Promise<T> {
    return this.#client.withDeadline(Date.now() + answerWithin, () => send(this.#client.workflowService));
  }
}

/** Not all that may hold a reference could be read, so nothing may be deleted. */
export class ScanError extends Error {
  override readonly name = 'ScanError';

  /** `subject` is what could not be read, for people. */
  constructor(subject: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${subject} cannot be read: ${reason}`, { cause });
  }
}
