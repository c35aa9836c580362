import { z } from 'zod';
import { matchNames } from './match-names.ts';
import { nearestName } from './nearest-name.ts';
import { HttpProblem } from './problem.ts';

const maxNameShown = 50;

/**
 * The value of a body by its schema, names matched without case. Throws a 400 {@link HttpProblem} that says of each wrong member what it
 * must be, and of an unknown one which known one is nearest.
 */
export function readObject<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const { success, data, error } = schema.safeParse(withKnownNames(schema, value));
  if (success) return data;
  const wrong = error.issues.flatMap((issue) => {
    const place = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
    if (issue.code !== 'unrecognized_keys') return `${place}${issue.message}`;
    const known = Object.keys(membersOf(schema, issue.path));
    return issue.keys.map((key) => `${place}${unknownMember(key.slice(0, maxNameShown), known)}`);
  });
  throw new HttpProblem(400, `The body must be ${what}: ${wrong.join('; ')}`);
}

function unknownMember(key: string, known: readonly string[]): string {
  const nearest = nearestName(key, known);
  const hint = nearest === undefined ? `there is ${known.join(', ')}` : `did you mean ${nearest}?`;
  return `${JSON.stringify(key)} is not known; ${hint}`;
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

/** The members of an object's schema, or of the one at a path in it; none of what is no object. */
function membersOf(
  schema: z.core.$ZodType | undefined,
  [step, ...rest]: readonly PropertyKey[] = [],
): Readonly<Record<string, z.core.$ZodType>> {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  if (!(inner instanceof z.ZodObject)) return {};
  const members = inner.shape as Readonly<Record<string, z.core.$ZodType>>;
  return step === undefined ? members : membersOf(members[String(step)], rest);
}
