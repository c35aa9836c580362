import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { HttpProblem } from './problem.ts';

/** Who may do what: the key opens everything, the code of an instance that instance alone. */
export interface Keys {
  /** The code in the URIs of one instance: a leaked URI opens no other. */
  codeOf(instanceId: string): string;
  /** Throws a 401 {@link HttpProblem} unless the request carries the key, or the code of the instance when one is named. */
  check(request: Request, instanceId?: string): void;
}

export function createKeys(apiKey: string | undefined): Keys {
  const hmac = (text: string) =>
    createHmac('sha256', apiKey ?? '')
      .update(text)
      .digest('base64url');
  // Comparing digests takes the same time wherever two keys differ, and whatever their lengths.
  const same = (a: string, b: string) => timingSafeEqual(Buffer.from(hmac(a)), Buffer.from(hmac(b)));
  const codeOf = (instanceId: string) => hmac(`instance:${instanceId}`);

  return {
    codeOf,
    check(request, instanceId) {
      if (apiKey === undefined) return;
      const valid = instanceId === undefined ? [apiKey] : [apiKey, codeOf(instanceId)];
      if (givenKeys(request).some((given) => valid.some((key) => same(given, key)))) return;
      throw new HttpProblem(401, 'A valid key is required: send it in the header x-functions-key or as ?code=');
    },
  };
}

// The names of query parameters match without case, as those of headers do.
function givenKeys(request: Request): string[] {
  const query = Object.entries(request.query).flatMap(([name, value]) => (name.toLowerCase() === 'code' ? value : []));
  return [request.get('x-functions-key'), ...query].filter((key) => typeof key === 'string');
}
