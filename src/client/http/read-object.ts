import type { z } from 'zod';
import { faultsOf } from '../../contracts/input.ts';
import { membersOf } from '../../lib/schema-members.ts';
import { HttpProblem } from './problem.ts';

/**
 * The value of a body by its schema, names matched without case. Throws a 400 {@link HttpProblem} that says of each wrong member what it
 * must be, and of an unknown one which known one is nearest.
 */
export function readObject<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const { success, data, error } = schema.safeParse(withKnownNames(schema, value));
  if (success) return data;
  throw new HttpProblem(400, `The body must be ${what}: ${faultsOf(schema, error).join('; ')}`);
}

/** The object with those of its properties renamed that one of `names` matches without case. What is no object is returned as it is. */
export function matchNames(value: unknown, names: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const known = new Map(names.map((name) => [name.toLowerCase(), name]));
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [known.get(name.toLowerCase()) ?? name, held]));
}

/** The value with its members, and those of objects in it, named as the schema names them. */
function withKnownNames(schema: z.core.$ZodType | undefined, value: unknown): unknown {
  const members = membersOf(schema);
  const matched = matchNames(value, Object.keys(members));
  if (typeof matched !== 'object' || matched === null || Array.isArray(matched)) return matched;
  return Object.fromEntries(
    Object.entries(matched).map(([name, held]) => [name, name in members ? withKnownNames(members[name], held) : held]),
  );
}
