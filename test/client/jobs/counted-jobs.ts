import { InterceptingCall, Metadata, status as grpcStatus } from '@grpc/grpc-js';
import { Client, Connection } from '@temporalio/client';
import { inject, onTestFinished } from 'vitest';
import { Jobs } from '../../../src/client/jobs/jobs.ts';

export interface CountedJobs {
  readonly jobs: Jobs;
  /** How often each method of Temporal's was called since this was asked last. */
  readonly calls: () => Record<string, number>;
  /** Makes Temporal late with every call from the one with this number on, of those since {@link calls} was asked last. */
  readonly lateFrom: (call: number) => void;
  /** Makes it know nothing any more in the same way. */
  readonly goneFrom: (call: number) => void;
  /** The most calls of a method that were under way together so far. */
  readonly most: (method: string) => number;
}

/** A jobClient of its own, as another API process has one, to the jobs of a task queue. Its calls are counted. */
export function countedJobs(taskQueue: string): CountedJobs {
  const address = inject('temporalAddress');
  let names: string[] = [];
  let failing = { from: Infinity, code: grpcStatus.DEADLINE_EXCEEDED };
  const underWay = new Map<string, { now: number; most: number }>();
  const connection = Connection.lazy({
    address,
    interceptors: [
      (options, next) => {
        const name = options.method_definition.path.split('/').at(-1) ?? '';
        names.push(name);
        if (names.length >= failing.from) return failedCall(next(options), failing.code);
        const count = underWay.get(name) ?? { now: 0, most: 0 };
        underWay.set(name, count);
        return countedCall(next(options), count);
      },
    ],
  });
  onTestFinished(() => connection.close());
  const calls = () => {
    const counts = Object.fromEntries(
      Map.groupBy(names, (name) => name)
        .entries()
        .map(([k, all]) => [k, all.length]),
    );
    names = [];
    return counts;
  };
  const most = (method: string) => underWay.get(method)?.most ?? 0;
  const jobs = new Jobs({ client: new Client({ connection }), address, taskQueue });
  const failFrom = (code: grpcStatus) => (from: number) => void (failing = { from, code });
  const [lateFrom, goneFrom] = [failFrom(grpcStatus.DEADLINE_EXCEEDED), failFrom(grpcStatus.NOT_FOUND)];
  return { jobs, calls, lateFrom, goneFrom, most };
}

type NextCall = ConstructorParameters<typeof InterceptingCall>[0];

function failedCall(call: NextCall, code: grpcStatus): InterceptingCall {
  const failed = { code, details: 'as the test wants it', metadata: new Metadata() };
  return new InterceptingCall(call, {
    start: (_metadata, listener) => listener.onReceiveStatus(failed),
    sendMessage: () => undefined,
    halfClose: () => undefined,
  });
}

function countedCall(call: NextCall, count: { now: number; most: number }): InterceptingCall {
  return new InterceptingCall(call, {
    start: (metadata, _listener, next) => {
      count.now += 1;
      count.most = Math.max(count.most, count.now);
      next(metadata, {
        onReceiveStatus: (status, pass) => {
          count.now -= 1;
          pass(status);
        },
      });
    },
  });
}
