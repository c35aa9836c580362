import type { Payload } from '@temporalio/common';
import { fromClaim } from './claim.ts';

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
