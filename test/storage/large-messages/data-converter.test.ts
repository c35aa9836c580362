import { ValueError } from '@temporalio/common';
import { expect, test } from 'vitest';
import { createDataConverter, largeMessagesContainer } from '../../../src/storage/large-messages/data-converter.ts';
import { newContainer } from './rig.ts';

test.each([
  ['DurableFunctionsHub', 'durablefunctionshub-largemessages'],
  ['hub', 'hub-largemessages'],
  ['my-Hub-2', 'my-hub-2-largemessages'],
  ['h'.repeat(49), `${'h'.repeat(49)}-largemessages`],
])('the task hub %s keeps its large messages in %s', (taskHub, container) => {
  expect(largeMessagesContainer(taskHub)).toBe(container);
});

test.each(['', '-hub', 'hub-', 'my--hub', 'my_hub', 'my hub', 'hüb', 'a/b', 'h'.repeat(50)])(
  'the task hub %j is refused, for Azure would refuse its container',
  (taskHub) => {
    expect(() => largeMessagesContainer(taskHub)).toThrow(ValueError);
  },
);

test('payloads from 45 KiB on go to the driver', () => {
  const { externalStorage } = createDataConverter({ container: newContainer() });
  expect(externalStorage?.payloadSizeThreshold).toBe(46_080);
  expect(externalStorage?.getDriver('azure.blobdriver')?.type).toBe('azure.blobdriver');
});
