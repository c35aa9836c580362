import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { ExpectedError } from '../shared/failures.ts';

/** Which Temporal a process talks to, as the `TEMPORAL_*` variables and profiles say unless an address is given. */
export interface TemporalTarget {
  readonly address: string;
  readonly namespace: string;
  readonly options: ReturnType<typeof loadClientConnectConfig>['connectionOptions'];
}

const defaultAddress = '127.0.0.1:7233';

/** Reads envconfig (https://docs.temporal.io/develop/environment-configuration); `address` is that of an embedded server. */
export function temporalTarget(address?: string): TemporalTarget {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const chosen = address ?? connectionOptions.address ?? defaultAddress;
  return { address: chosen, namespace: namespace ?? 'default', options: { ...connectionOptions, address: chosen } };
}

/** Throws an {@link ExpectedError} that names the address when nothing answers there within seconds. */
export async function connectClient(target: TemporalTarget): Promise<Client> {
  const connection = await reach(target, () => Connection.connect({ ...target.options, connectTimeout: '8s' }));
  return new Client({ connection, namespace: target.namespace });
}

/** As {@link connectClient}, for a worker. */
export function connectWorker(target: TemporalTarget): Promise<NativeConnection> {
  return reach(target, () => NativeConnection.connect(target.options));
}

async function reach<T>(target: TemporalTarget, connect: () => Promise<T>): Promise<T> {
  try {
    return await connect();
  } catch (error) {
    throw new ExpectedError(
      'TemporalUnavailable',
      `Temporal does not answer at ${target.address}: start it there (\`temporal server start-dev\`), or set TEMPORAL_ADDRESS to where it runs`,
      { cause: error },
    );
  }
}
