import { createHash } from 'node:crypto';
import type { Payload } from '@temporalio/common';
import { expect, test } from 'vitest';
import { findReferences } from '../../../src/storage/large-messages/scan-namespace.ts';

const sha256 = createHash('sha256').update('x').digest('hex');
const claimData = { v: '1', blob: `default/sha256/${sha256.slice(0, 2)}/${sha256}`, size: '1', sha256 };

function reference(driverName: string, claim: Record<string, string> = claimData): Payload {
  const messageType = 'temporal.api.sdk.v1.ExternalStorageReference';
  return {
    metadata: { encoding: Buffer.from('json/protobuf'), messageType: Buffer.from(messageType) },
    data: Buffer.from(JSON.stringify({ driverName, claimData: claim })),
  };
}

function found(message: object): string[] {
  const hashes: string[] = [];
  findReferences(message, 'mine', (hash) => hashes.push(hash));
  return hashes;
}

test('references are found at any depth', () => {
  let cause: object = { details: { payloads: [reference('mine')] } };
  for (let depth = 0; depth < 20_000; depth += 1) cause = { message: 'x', cause };
  expect(found({ history: { events: [{ failure: cause }] } })).toEqual([sha256]);
});

test('a reference of a driver by another name counts, if the blob may be ours', () => {
  expect(found([reference('renamed')])).toEqual([sha256]);
  expect(found([reference('aws.s3driver', { bucket: 'b', key: 'k' })])).toEqual([]);
});

test('a reference of ours that cannot be read is an error', () => {
  expect(() => found([reference('mine', { ...claimData, v: '2' })])).toThrow('its version is "2"');
});

test('other payloads are not taken for references', () => {
  const { metadata, data } = reference('mine');
  expect(found([{ metadata: { encoding: Buffer.from('json/plain') }, data }])).toEqual([]);
  expect(found([{ metadata: { ...metadata, messageType: Buffer.from('another') }, data }])).toEqual([]);
  expect(found([{ metadata: null }, { metadata: 'text' }, null as never, { data: new Uint8Array(1e6) }])).toEqual([]);
});
