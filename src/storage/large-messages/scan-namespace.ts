import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { eachConcurrently } from '../../lib/each-concurrently.ts';
import { ScanError, codes, Temporal, type Execution } from './temporal-requests.ts';
import { fromClaim } from './claim.ts';

const histories = 8;
// What Temporal copies by itself from one execution to another it copies as the first one closes: by then it has long done so.
const settled = 3_600_000;

/**
 * Hands `visit` every message that can hold a payload of the client's namespace: histories of all retained executions, what open ones
 * keep beside their history (heartbeats, last failures, memos), schedules and standalone activities. One page at a time; of each
 * execution only its id is remembered. Returns the number of executions.
 *
 * Throws a {@link ScanError} when any of it cannot be read.
 */
export async function scanNamespace(client: Client, visit: (message: object) => void): Promise<number> {
  const temporal = new Temporal(client, visit);
  const seen = new Set<string>();
  // The second pass is for what Temporal itself started meanwhile with old payloads, a retry or a reset, from an execution that
  // was gone when its turn came, and for what its listing showed late.
  for (const _ of [1, 2]) {
    await eachConcurrently(temporal.executions(), histories, async (execution) => {
      if (seen.has(execution.runId)) return;
      seen.add(execution.runId);
      await scanExecution(temporal, execution);
    });
    await eachConcurrently(temporal.schedules(), histories, (id) => temporal.schedule(id));
    await eachConcurrently(temporal.activities(), histories, (activity) => temporal.activity(activity));
  }
  return seen.size;
}

async function scanExecution(temporal: Temporal, execution: Execution): Promise<void> {
  try {
    // Before the history: of what moves from one to the other, nothing is missed.
    if (execution.closedAt === undefined) await temporal.description(execution);
    await temporal.history(execution);
  } catch (error) {
    const removedByRetention = execution.closedAt !== undefined && execution.closedAt < Date.now() - settled;
    if (removedByRetention && (error as { code?: unknown }).code === codes.notFound) return;
    throw new ScanError(`the history of ${execution.workflowId}, run ${execution.runId},`, error);
  }
}

const encoding = 'json/protobuf';
const messageType = 'temporal.api.sdk.v1.ExternalStorageReference';
const text = new TextDecoder();

/**
 * Finds the references to large messages in any message from Temporal, wherever its payloads are, and tells `found` the SHA-256 of each.
 * A reference counts whatever its driver is called, if the claim is one of ours. Throws when a reference to `driverName` cannot be
 * read: it may be to any blob.
 */
export function findReferences(message: object, driverName: string, found: (sha256: string) => void): void {
  // Not by recursion: failures have causes, and those have causes.
  const open: object[] = [message];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (isReference(value)) readReference(value, driverName, found);
    for (const child of Object.values(value) as unknown[]) {
      if (typeof child === 'object' && child !== null && !ArrayBuffer.isView(child)) open.push(child);
    }
  }
}

function isReference(value: Payload): boolean {
  const metadata = value.metadata;
  if (typeof metadata !== 'object' || metadata === null) return false;
  return says(metadata['encoding'], encoding) && says(metadata['messageType'], messageType);
}

function says(bytes: unknown, expected: string): boolean {
  return bytes instanceof Uint8Array && bytes.length === expected.length && text.decode(bytes) === expected;
}

function readReference({ data }: Payload, driverName: string, found: (sha256: string) => void): void {
  const reference = JSON.parse(text.decode(data ?? undefined)) as {
    driverName?: string;
    claimData?: Record<string, string>;
  };
  try {
    found(fromClaim(reference.claimData ?? {}).sha256);
  } catch (error) {
    if (reference.driverName === driverName) throw error;
  }
}
