import { runInNewContext } from 'node:vm';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { ExpectedError } from '../../src/contracts/failures.ts';
import { describeError, describeErrors } from '../../src/lib/describe-error.ts';

test('an error says its type, its message, its code and its causes, also where it is of another realm', () => {
  const reset = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
  const failure = ApplicationFailure.create({ message: 'no answer', type: 'StorageUnavailable', cause: reset });
  const thrown = new ActivityFailure('Activity task failed', 'openRun', '1', 'MAXIMUM_ATTEMPTS_REACHED', 'me', failure);
  const described = describeError(thrown);
  expect(described).toMatchObject({
    type: 'ActivityFailure',
    message: 'Activity task failed',
    stack: expect.stringContaining('describe-error.test'),
    cause: {
      type: 'StorageUnavailable',
      message: 'no answer',
      cause: { type: 'Error', message: 'socket hang up', code: 'ECONNRESET' },
    },
  });
  expect(JSON.parse(JSON.stringify(described))).toEqual(described);
  expect(describeError(described)).toEqual(described);
  expect(describeError(runInNewContext('new RangeError("far")'))).toMatchObject({ type: 'RangeError', message: 'far' });
  expect(describeError(structuredClone(new TypeError('lost')))).toMatchObject({ type: 'TypeError', message: 'lost' });
});

test('an error that is its own cause, and one of several, can be described', () => {
  const turning = new Error('turning');
  turning.cause = turning;
  expect(JSON.stringify(describeError(turning))).toContain('turning');
  expect(describeError(new AggregateError([new TypeError('a'), 'b'], 'both'))).toMatchObject({
    type: 'AggregateError',
    errors: [{ type: 'TypeError', message: 'a' }, 'b'],
  });
});

test('of the fields of a line errors alone are described', () => {
  const error = new ExpectedError('InvalidInput', 'wrong');
  const fields = { attempt: 2, found: { message: 'no error' }, anything: error };
  expect(describeErrors(fields)).toMatchObject({ ...fields, anything: { type: 'InvalidInput', message: 'wrong' } });
});
