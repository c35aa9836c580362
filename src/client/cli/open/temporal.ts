import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';

import { ExpectedError } from '../../../contracts/failures.ts';
import { traceStarts } from '../../../telemetry/trace-starts.ts';

/** Which Temporal a process talks to, as the `TEMPORAL_*` variables and profiles say unless an address is given. */
export interface TemporalTarget {
  readonly address: string;
  readonly namespace: string;
  readonly options: ReturnType<typeof loadClientConnectConfig>['connectionOptions'];
}

const defaultAddress = '127.0.0.1:7233';
const usualConnectTimeout = 5000;
const askWithin = 2000;
// A page of a history may hold many events of up to 2 MB, and the server sends it whole. This is what the SDK's workers take. Its clients
// are meant to, but name the option without its `grpc.`, and so are left with gRPC's default of 4 MiB.
const largestMessage = 128 * 1024 * 1024;
// gRPC's NOT_FOUND
const notFound = 5;

/**
 * Reads envconfig (https://docs.temporal.io/develop/environment-configuration), unless the address of an embedded server is given:
 * what a profile says of keys and namespaces is not about that one. Throws an {@link ExpectedError} when a profile cannot be read.
 */
export function temporalTarget(embedded?: string): TemporalTarget {
  if (embedded !== undefined) return { address: embedded, namespace: 'default', options: { address: embedded } };
  const { connectionOptions, namespace } = readEnvironment();
  const address = connectionOptions.address ?? defaultAddress;
  return { address, namespace: namespace ?? 'default', options: { ...connectionOptions, address } };
}

function readEnvironment() {
  try {
    return loadClientConnectConfig();
  } catch (error) {
    throw new ExpectedError(
      'InvalidConfiguration',
      `The TEMPORAL_* variables or the profile they name cannot be read: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/**
 * Throws an {@link ExpectedError} that names the address when nothing answers there within seconds, or lacks the namespace.
 * `connectTimeout` is in milliseconds.
 */
export async function connectClient(
  target: TemporalTarget,
  dataConverter?: DataConverter,
  connectTimeout = usualConnectTimeout,
): Promise<Client> {
  const channelArgs = { 'grpc.max_receive_message_length': largestMessage };
  const connection = await reach(target, () => Connection.connect({ ...target.options, connectTimeout, channelArgs }));
  try {
    await requireNamespace(connection, target);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return new Client({
    connection,
    namespace: target.namespace,
    interceptors: { workflow: [traceStarts] },
    ...(dataConverter && { dataConverter }),
  });
}

async function requireNamespace(connection: Connection, { address, namespace }: TemporalTarget): Promise<void> {
  try {
    await connection.withDeadline(Date.now() + askWithin, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  } catch (error) {
    // Whatever else is wrong, such as a key that may not look at namespaces, shows where it matters.
    if (!isGrpcServiceError(error) || (error.code as number) !== notFound) return;
    throw new ExpectedError(
      'InvalidConfiguration',
      `Temporal at ${address} has no namespace ${namespace}: set TEMPORAL_NAMESPACE to one that exists`,
      { cause: error },
    );
  }
}

export async function reach<T>(target: TemporalTarget, connect: () => Promise<T>): Promise<T> {
  try {
    return await connect();
  } catch (error) {
    if (error instanceof TypeError) {
      throw new ExpectedError('InvalidConfiguration', `TEMPORAL_ADDRESS: ${error.message}`, { cause: error });
    }
    throw new ExpectedError(
      'TemporalUnavailable',
      `Temporal does not answer at ${target.address}: start it there (\`temporal server start-dev\`), or set TEMPORAL_ADDRESS to where it runs`,
      { cause: error },
    );
  }
}
