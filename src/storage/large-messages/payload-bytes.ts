import type { Payload } from '@temporalio/common';
import proto from '@temporalio/proto';

const { Payload: message } = proto.temporal.api.common.v1;

/** The payload as protobuf. Metadata goes in order of its keys, for equal payloads must be equal bytes. */
export function payloadToBytes(payload: Payload): Uint8Array {
  const metadata = Object.fromEntries(Object.entries(payload.metadata ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return message.encode({ ...payload, metadata }).finish();
}

export function payloadFromBytes(bytes: Uint8Array): Payload {
  return message.decode(bytes);
}
