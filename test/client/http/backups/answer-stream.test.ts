import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { answerNdjson } from '../../../../src/client/http/backups/answer-stream.ts';

test('rows go out while the next one takes its time, and none is lost', async () => {
  const received = Promise.withResolvers<void>();
  async function* rows() {
    yield { n: 0 };
    yield { n: 1 };
    await received.promise;
    for (let n = 2; n < 5000; n += 1) yield { n };
  }
  const app = express();
  app.get('/', async (_request, response) => answerNdjson(response, rows(), pino({ level: 'silent' })));
  const server = app.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { body } = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  let text = '';
  for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    if (text.includes('{"n":1}')) received.resolve();
  }
  expect(text).toBe(Array.from({ length: 5000 }, (_, n) => `{"n":${n}}\n`).join(''));
});
