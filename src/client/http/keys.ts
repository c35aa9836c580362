import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { HttpProblem } from './problem.ts';

/** Who may do what: a key opens everything, the code of an instance that instance alone. */
export interface Keys {
  /** The code in the URIs of one instance: a leaked URI opens no other. */
  codeOf(instanceId: string): string;
  /** Throws a 401 {@link HttpProblem} unless the request carries a key, or the code of the instance when one is named. */
  check(request: Request, instanceId?: string): void;
}

/**
 * `apiKey` may hold several keys, separated by commas: any of them opens, and so does a code that any of them signed, while new codes
 * are signed by the first. That is how a key is replaced without turning anybody away. Without keys everything is open.
 */
export function createKeys(apiKey: string | undefined): Keys {
  const keys = splitKeys(apiKey);
  // Comparing digests takes the same time wherever two keys differ, and whatever their lengths.
  const salt = randomBytes(32);
  const digest = (text: string) => createHmac('sha256', salt).update(text).digest();
  const same = (a: string, b: string) => timingSafeEqual(digest(a), digest(b));

  return {
    codeOf: (instanceId) => codeOf(keys[0] ?? '', instanceId),
    check(request, instanceId) {
      if (keys.length === 0) return;
      const codes = instanceId === undefined ? [] : keys.map((key) => codeOf(key, instanceId));
      const valid = [...keys, ...codes];
      if (givenKeys(request).some((given) => valid.some((key) => same(given, key)))) return;
      throw new HttpProblem(401, 'A valid key is required: send it in the header x-functions-key or as ?code=', {
        'WWW-Authenticate': 'ApiKey realm="durable-backup"',
      });
    },
  };
}

function codeOf(key: string, instanceId: string): string {
  return createHmac('sha256', key).update(`instance:${instanceId}`).digest('base64url');
}

function splitKeys(apiKey = ''): string[] {
  return apiKey
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
}

// The names of query parameters match without case, as those of headers do.
function givenKeys(request: Request): string[] {
  const query = Object.entries(request.query).flatMap(([name, value]) => (name.toLowerCase() === 'code' ? value : []));
  return [request.get('x-functions-key'), ...query].filter((key) => typeof key === 'string');
}
