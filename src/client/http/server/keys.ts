import { createHmac, randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { HttpProblem } from '../problem.ts';

/** What the code of an instance opens: `instance` all of it, yet no other and no start; `restart` its restart alone, as a copy too. */
export type Scope = 'instance' | 'restart';

// Every API process, and a later start, has to make the same codes of the same key, and they share no storage to keep a salt in: it is the
// same everywhere. So many rounds take some 0.1 s and 32 MiB, and so does each guess of a key at a code that was handed out.
const codeSalt = 'durable-backup instance codes 1';
const codeCost = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

/** Who may do what: a key opens everything, a code something of one instance. */
export interface Keys {
  /** The code in the URIs of one instance: a leaked URI opens no other. */
  codeOf(instanceId: string, scope: Scope): string;
  /** Whether the request carries a key, or a code of the instance that opens one of the scopes. */
  opens(request: Request, instanceId?: string, scopes?: readonly Scope[]): boolean;
  /** Throws a 401 {@link HttpProblem} unless it {@link opens}. */
  check(request: Request, instanceId?: string, scopes?: readonly Scope[]): void;
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

  // Made once it is needed, for it takes a while.
  const codeKeys = new Map<string, Buffer>();
  const sign = (key: string, scope: Scope, instanceId: string) => {
    const codeKey = codeKeys.get(key) ?? scryptSync(key, codeSalt, 32, codeCost);
    codeKeys.set(key, codeKey);
    return createHmac('sha256', codeKey).update(`${scope}:${instanceId}`).digest('base64url');
  };

  const opens: Keys['opens'] = (request, instanceId, scopes = ['instance']) => {
    const codes =
      instanceId === undefined ? [] : scopes.flatMap((scope) => keys.map((key) => sign(key, scope, instanceId)));
    const valid = [...keys, ...codes];
    return keys.length === 0 || givenKeys(request).some((given) => valid.some((key) => same(given, key)));
  };
  return {
    codeOf: (instanceId, scope) => sign(keys[0] ?? '', scope, instanceId),
    opens,
    check(...request) {
      if (opens(...request)) return;
      throw new HttpProblem(401, 'A valid key is required: send it in the header x-functions-key or as ?code=', {
        'WWW-Authenticate': 'ApiKey realm="durable-backup"',
      });
    },
  };
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
