import { createHash } from 'node:crypto';
import { StorageDriverClaim } from '@temporalio/common';
import { unreadableReference } from './failures.ts';

const version = '1';
// Temporal namespaces start with a letter or a digit, so this stands for none of them.
const noNamespace = '_';
const blobName = /^[^/]+\/sha256\/(?<folder>[0-9a-f]{2})\/(?<sha256>\k<folder>[0-9a-f]{62})$/u;

/** Where a payload is stored, and what it must be. */
export interface StoredPayload {
  /** Blob's name in the container: `<namespace>/sha256/<2 hex>/<64 hex>`. */
  readonly blob: string;
  /** Bytes of the serialized payload. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** What the names of all blobs of a namespace start with. */
export function prefixOf(namespace: string | undefined): string {
  return `${namespace === undefined || namespace === '' ? noNamespace : encodeURIComponent(namespace)}/sha256/`;
}

/** Names the blob that holds these bytes. The same bytes in the same namespace are always the same blob. */
export function describeBytes(namespace: string | undefined, bytes: Uint8Array): StoredPayload {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { blob: `${prefixOf(namespace)}${sha256.slice(0, 2)}/${sha256}`, size: bytes.length, sha256 };
}

/** The hash that a blob's name ends with; undefined when the driver did not write that blob. */
export function sha256OfBlob(blob: string): string | undefined {
  return blobName.exec(blob)?.groups?.['sha256'];
}

export function toClaim({ blob, size, sha256 }: StoredPayload): StorageDriverClaim {
  return new StorageDriverClaim({ v: version, blob, size: String(size), sha256 });
}

/**
 * Reads what {@link toClaim} wrote. Histories are written by whoever may start a workflow, so a blob that the driver would not have
 * written itself is refused. Throws a non-retryable `ApplicationFailure` of type `LargeMessageReferenceUnreadable`.
 */
export function fromClaim(claimData: Readonly<Record<string, string>>): StoredPayload {
  const { v, blob = '', size = '', sha256 = '' } = claimData;
  if (v !== version) throw unreadableReference(`its version is ${JSON.stringify(v)} and this driver reads ${version}`);
  if (!/^\d{1,15}$/u.test(size)) throw unreadableReference(`its size is ${JSON.stringify(size)}`);
  if (sha256 === '' || sha256OfBlob(blob) !== sha256) {
    throw unreadableReference(`${JSON.stringify(blob)} is not the blob of ${JSON.stringify(sha256)}`);
  }
  return { blob, size: Number(size), sha256 };
}
