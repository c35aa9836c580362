import { InterceptingCall, Metadata, status as grpcStatus } from '@grpc/grpc-js';
import { Client, Connection } from '@temporalio/client';
import { inject, onTestFinished } from 'vitest';
import { Jobs } from '../../src/client/jobs/jobs.ts';

export interface CountedJobs {
  readonly jobs: Jobs;
  /** How often each method of Temporal's was called since this was asked last. */
  readonly calls: () => Record<string, number>;
  /** Makes Temporal late with every call from the one with this number on, of those since {@link calls} was asked last. */
  readonly lateFrom: (call: number) => void;
  /** Holds up calls of this method. The first promise resolves when there is one, and `release` lets them go on. */
  readonly hold: (method: string) => { readonly reached: Promise<void>; readonly release: () => void };
}

interface Held {
  readonly method: string;
  readonly reached: PromiseWithResolvers<void>;
  readonly released: PromiseWithResolvers<void>;
}

/** A door of its own, as another API process has one, to the jobs of a task queue. Its calls are counted. */
export function countedJobs(taskQueue: string): CountedJobs {
  const address = inject('temporalAddress');
  let names: string[] = [];
  let firstLate = Infinity;
  let held: Held | undefined;
  const connection = Connection.lazy({
    address,
    interceptors: [
      (options, next) => {
        const name = options.method_definition.path.split('/').at(-1) ?? '';
        names.push(name);
        if (names.length >= firstLate) return lateCall(next(options));
        return name === held?.method ? heldCall(next(options), held) : new InterceptingCall(next(options));
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
  const hold = (method: string) => {
    const one: Held = { method, reached: Promise.withResolvers(), released: Promise.withResolvers() };
    held = one;
    const release = () => {
      held = undefined;
      one.released.resolve();
    };
    return { reached: one.reached.promise, release };
  };
  const jobs = new Jobs({ client: new Client({ connection }), address, taskQueue });
  return { jobs, calls, lateFrom: (call) => void (firstLate = call), hold };
}

type NextCall = ConstructorParameters<typeof InterceptingCall>[0];

function lateCall(call: NextCall): InterceptingCall {
  const late = { code: grpcStatus.DEADLINE_EXCEEDED, details: 'late', metadata: new Metadata() };
  return new InterceptingCall(call, {
    start: (_metadata, listener) => listener.onReceiveStatus(late),
    sendMessage: () => undefined,
    halfClose: () => undefined,
  });
}

function heldCall(call: NextCall, { reached, released }: Held): InterceptingCall {
  reached.resolve();
  return new InterceptingCall(call, {
    start: (metadata, listener, next) => {
      const goOn = async () => {
        await released.promise;
        next(metadata, listener);
      };
      void goOn();
    },
  });
}
