import { expect, test } from 'vitest';
import { parseInput } from '../../src/contracts/input.ts';
import { verificationInputSchema } from '../../src/contracts/verification.ts';

test.each<[object, string]>([
  [{ deep: 'yes' }, 'deep: must be true or false'],
  [{ deep: null }, 'deep: must be true or false'],
  [{ sample: 0.5 }, 'sample and subset say what a deep verification reads: give deep: true with them'],
  [{ deep: false, subset: { number: 1, of: 2 } }, 'give deep: true with them'],
  [{ deep: true, sample: 0.5, subset: { number: 1, of: 2 } }, 'give sample or subset, not both'],
  [{ deep: true, sample: 0 }, 'sample: must be above 0'],
  [{ deep: true, sample: 1.5 }, 'sample: must be at most 1'],
  [{ deep: true, sample: '5%' }, 'sample: must be a share above 0 and at most 1'],
  [{ deep: true, sample: null }, 'sample: must be a share'],
  [{ deep: true, sample: Number.NaN }, 'sample: must be a share'],
  [{ deep: true, subset: { number: 0, of: 2 } }, 'subset.number: must be a whole number from 1 to 10000'],
  [{ deep: true, subset: { number: 3, of: 2 } }, 'subset: its number must not be above its of'],
  [{ deep: true, subset: { number: 1, of: 10_001 } }, 'subset.of: must be a whole number from 1 to 10000'],
  [{ deep: true, subset: { number: 1, of: 1.5 } }, 'subset.of'],
  [{ deep: true, subset: { number: 1 } }, 'subset.of'],
  [{ deep: true, subset: null }, 'subset'],
])('%j is refused with the field and the fix', (given, message) => {
  const parse = () => parseInput(verificationInputSchema, { run: 'latest', ...given });
  expect(parse).toThrow(expect.objectContaining({ type: 'InvalidInput', message: expect.stringContaining(message) }));
});
