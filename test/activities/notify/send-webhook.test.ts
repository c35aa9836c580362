import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import { createNotifyActivities } from '../../../src/activities/notify/index.ts';
import type { NotifyOptions } from '../../../src/contracts/notice.ts';
import type { SourceDefinition } from '../../../src/contracts/sources.ts';
import { asked, notice, sourceTelling, startReceiver } from './rig.ts';

function send(definition: SourceDefinition | undefined, options?: Partial<NotifyOptions>): Promise<void> {
  const { sendWebhook } = createNotifyActivities({
    definitionOf: async (name) => (name === definition?.name ? definition : undefined),
    allowCommands: false,
    roots: [],
    searchPath: '',
  });
  return new MockActivityEnvironment().run(sendWebhook, asked('webhook', options)) as Promise<void>;
}

test('a webhook gets the notice as JSON, and an id to tell a repetition by', async () => {
  const { url, received } = await startReceiver();
  await send(sourceTelling({ webhook: `${url}/hooks/T0?token=s3cret` }));
  expect(received).toHaveLength(1);
  const [first] = received;
  expect(first?.path).toBe('/hooks/T0?token=s3cret');
  expect(first?.headers['content-type']).toBe('application/json');
  expect(first?.headers['idempotency-key']).toBe('"notify-photos-0"');
  expect(JSON.parse(first?.body ?? '')).toEqual(notice);
});

test.each([
  ['p%40ss', 'p@ss'],
  ['100%', '100%'],
])('a name and a password in the address, %s, are sent as a header', async (written, password) => {
  const { host, received } = await startReceiver();
  await send(sourceTelling({ webhook: `http://ops:${written}@${host}/` }));
  expect(received[0]?.headers.authorization).toBe(`Basic ${Buffer.from(`ops:${password}`).toString('base64')}`);
});

test.each([
  [500, 'NotificationFailed', false],
  [503, 'NotificationFailed', false],
  [429, 'NotificationFailed', false],
  [404, 'NotificationRefused', true],
  [400, 'NotificationRefused', true],
])('an answer of %i is a %s', async (status, type, nonRetryable) => {
  const { url, host } = await startReceiver((response) => response.writeHead(status).end('no'));
  const message = `the webhook at ${host} answered ${status}`;
  await expect(send(sourceTelling({ webhook: `${url}/s3cret` }))).rejects.toMatchObject({
    type,
    message,
    nonRetryable,
  });
});

test('a redirection is not followed', async () => {
  const elsewhere = await startReceiver();
  const { url } = await startReceiver((response) => response.writeHead(307, { Location: elsewhere.url }).end());
  const refused = {
    type: 'NotificationRefused',
    message: expect.stringMatching(/answered 307, and redirections/u) as string,
  };
  await expect(send(sourceTelling({ webhook: url }))).rejects.toMatchObject(refused);
  expect(elsewhere.received).toEqual([]);
});

test('one that never answers fails after its time, and one that is not there at once', async () => {
  const { url, host } = await startReceiver(() => undefined);
  await expect(send(sourceTelling({ webhook: `${url}/s3cret` }), { webhookTimeout: 200 })).rejects.toMatchObject({
    type: 'NotificationFailed',
    message: `the webhook at ${host} did not answer in time`,
  });
  const gone = await startReceiver();
  await gone.close();
  await expect(send(sourceTelling({ webhook: `http://ops:s3cret@${gone.host}/s3cret` }))).rejects.toMatchObject({
    type: 'NotificationFailed',
    message: `the webhook at ${gone.host} cannot be reached (ECONNREFUSED)`,
  });
});

test('an answer whose end never comes is an answer', async () => {
  const { url } = await startReceiver((response) => {
    response.writeHead(200);
    response.write('and so on');
  });
  await expect(send(sourceTelling({ webhook: url }))).resolves.toBeUndefined();
});

test('only http and https are spoken', async () => {
  const refused = { type: 'NotificationRefused', message: expect.stringMatching(/neither of http/u) as string };
  await expect(send(sourceTelling({ webhook: 'file:///etc/passwd' }))).rejects.toMatchObject(refused);
});

test('a worker whose file has no such source, or no webhook there, says so and leaves it to be tried again', async () => {
  const noSource = {
    type: 'NotificationFailed',
    nonRetryable: false,
    message: expect.stringMatching(/no source photos/u) as string,
  };
  await expect(send(undefined)).rejects.toMatchObject(noSource);
  const other = {
    type: 'NotificationFailed',
    nonRetryable: false,
    message: expect.stringMatching(/no webhook there/u) as string,
  };
  await expect(send(sourceTelling({ command: ['true'] }))).rejects.toMatchObject(other);
  await expect(send(sourceTelling())).rejects.toMatchObject(other);
});
