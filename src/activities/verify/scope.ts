import { createHash } from 'node:crypto';
import type { EncodedPath } from '../../contracts/encoded-path.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { Verification, VerificationInput } from '../../contracts/verification.ts';

const mostParts = 10_000;
const hashBytes = 6;

/** Which files a verification reads. */
export type Scope = Pick<Verification, 'deep' | 'sample' | 'subset'>;

/** Throws an {@link ExpectedError} that names the wrong field and says what to give. */
export function checkScope({ deep = false, sample, subset }: VerificationInput): Scope {
  if (typeof deep !== 'boolean') throw wrong('deep', 'give true or false', deep);
  if (sample !== undefined && subset !== undefined) throw invalid('sample, subset: give one of the two');
  const part = {
    ...(sample !== undefined && { sample: checkSample(sample) }),
    ...(subset !== undefined && { subset: checkSubset(subset) }),
  };
  const [field] = Object.keys(part);
  if (deep || field === undefined) return { deep, ...part };
  throw invalid(`${field}: says which files a deep verification reads; give deep: true with it, or leave it out`);
}

function checkSample(sample: unknown): number {
  if (typeof sample === 'number' && sample > 0 && sample <= 1) return sample;
  throw wrong('sample', 'give a share above 0 and at most 1, such as 0.05', sample);
}

function checkSubset(subset: unknown): { number: number; of: number } {
  const { number, of } = (subset ?? {}) as { number?: unknown; of?: unknown };
  if (!isWithin(of, 1, mostParts)) throw wrong('subset.of', `give a whole number from 1 to ${mostParts}`, of);
  if (!isWithin(number, 1, of)) throw wrong('subset.number', `give a whole number from 1 to ${of}`, number);
  return { number, of };
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
}

function wrong(field: string, fix: string, value: unknown): ExpectedError {
  return invalid(`${field}: ${fix}, not ${JSON.stringify(value)}`);
}

function invalid(message: string): ExpectedError {
  return new ExpectedError(failureTypes.invalidInput, message);
}

/**
 * Whether a deep verification reads the file at `path`. A sample is another one with each verification, but for all attempts at it the
 * same; the parts of a subset are the same always, so that `of` verifications read each file once.
 */
export function isChosen({ id, sample, subset }: Pick<Verification, 'id' | 'sample' | 'subset'>, path: EncodedPath) {
  if (sample !== undefined) return hashOf(`${id}\n${path}`) < sample * 2 ** (8 * hashBytes);
  return subset === undefined || hashOf(path) % subset.of === subset.number - 1;
}

function hashOf(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, hashBytes);
}
