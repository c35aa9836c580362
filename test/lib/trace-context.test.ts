import { expect, test } from 'vitest';
import { formatTraceparent, parseTraceparent, traceOfRun } from '../../src/lib/trace-context.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

test('what is written is read again', () => {
  for (const sampled of [true, false]) {
    const context = { traceId, spanId, sampled };
    expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
  }
});

test.each([
  undefined,
  '',
  `00-${traceId}-${spanId}`,
  `00-${'0'.repeat(32)}-${spanId}-01`,
  `00-${traceId}-${'0'.repeat(16)}-01`,
  `00-${traceId.toUpperCase()}-${spanId}-01`,
  `ff-${traceId}-${spanId}-01`,
])('%j is no place in a trace', (text) => {
  expect(parseTraceparent(text)).toBeUndefined();
});

test('a run has a span of its own by its id: below the caller, in a trace of its own without one', () => {
  const runId = '0197b2c4-5a6b-7c8d-9e0f-112233445566';
  expect(traceOfRun(runId, { traceId, spanId, sampled: false })).toEqual({
    traceId,
    spanId: '9e0f112233445566',
    sampled: false,
  });
  expect(traceOfRun(runId)).toEqual({
    traceId: '0197b2c45a6b7c8d9e0f112233445566',
    spanId: '9e0f112233445566',
    sampled: true,
  });
  expect(traceOfRun('run-1')).toBeUndefined();
});
