import type { Request } from 'express';
import { z } from 'zod';
import { knownPrefixSchema } from '../../contracts/blob-prefix.ts';
import { parseRunReference } from '../../history/runs/run-reference.ts';
import { runForms } from '../../contracts/input.ts';
import { HttpProblem } from './problem.ts';

/** The texts that a query gives a parameter; undefined when it gives none. */
type Given = readonly string[] | undefined;

/** Declared parameters by their names: what checks a request and stands in the document. */
export type Parameters = Readonly<Record<string, z.ZodType>>;

/** What they hold once they are read. */
export type Read<P extends Parameters> = { readonly [K in keyof P]: z.output<P[K]> };

/**
 * A parameter read as Durable Functions does: what cannot be read is not there, so that any text is valid. The first of several counts.
 */
function lenient<T>(read: (text: string) => T | undefined, description: string, examples: unknown[] = []) {
  return z
    .unknown()
    .transform((given) => firstOf(given as Given, read))
    .optional()
    .meta({ description, ...(examples.length > 0 && { examples }) });
}

export const flag = (description: string) => lenient(readFlag, description, [true, false]);
export const number = (description: string, example: number) => lenient(readNumber, description, [example]);
export const time = (description: string) => lenient(readTime, description, ['2030-01-31T12:00:00Z']);
export const anyTexts = (description: string) => z.unknown().transform(readList).optional().meta({ description });
export const anyText = (description: string) => lenient((text) => text, description);

/** A text that a schema checks; the first of several counts. */
export function text<T extends z.ZodType>(schema: T) {
  return z.preprocess((given) => (given as Given)?.[0], schema);
}

/** An optional text, with nothing to check. */
export function plain(description: string) {
  return text(z.string()).optional().meta({ description });
}

/** What may be repeated, hold several values between commas, or both. */
export function list(description: string, of: z.ZodType = z.string()) {
  return z
    .preprocess(readList, z.array(of as z.ZodType<string>))
    .optional()
    .meta({ description });
}

export function readList(given: unknown): string[] {
  return ((given as Given) ?? [])
    .flatMap((one) => one.split(','))
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

/** What must be readable where it is given. */
export function strict<T>(
  read: (text: string) => T | undefined,
  wrong: string,
  meta: Readonly<Record<string, unknown>>,
) {
  return z
    .unknown()
    .transform((given, context) => {
      const [first = ''] = (given as Given) ?? [];
      const value = read(first.trim());
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: wrong });
      return z.NEVER;
    })
    .meta(meta);
}

function firstOf<T>(given: Given, read: (text: string) => T | undefined): T | undefined {
  const [first] = given ?? [];
  return first === undefined ? undefined : read(first.trim());
}

export function readFlag(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  return lower === 'true' || (lower === 'false' ? false : undefined);
}

function readNumber(text: string): number | undefined {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/iu.test(text) ? Number(text) : undefined;
}

const isoTime = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?(Z|[+ -]\d\d:?\d\d)?$/iu;

/** An ISO date or time; in UTC unless it says otherwise. */
export function readTime(text: string): Date | undefined {
  const [, day, clock = '00:00', zone = 'Z'] = isoTime.exec(text) ?? [];
  // A plus that was not escaped arrives as a space.
  const time = new Date(`${day}T${clock}${zone.replace(' ', '+')}`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** What a query says of declared parameters, whose names match without case. Throws a 400 {@link HttpProblem} for what they do not take. */
export function readQuery<P extends Parameters>(parameters: P, query: Request['query']): Read<P> {
  const given = Object.entries(query);
  const texts = (name: string) =>
    given
      .filter(([other]) => other.toLowerCase() === name.toLowerCase())
      .flatMap(([, value]) => value)
      .filter((value) => typeof value === 'string');
  return check(parameters, (name) => {
    const found = texts(name);
    return found.length === 0 ? undefined : found;
  });
}

/** The same of headers. */
export function readHeaders<P extends Parameters>(parameters: P, request: Pick<Request, 'get'>): Read<P> {
  return check(parameters, (name) => request.get(name));
}

/** The same of what stands in the path. */
export function readPath<P extends Parameters>(parameters: P, path: Request['params']): Read<P> {
  return check(parameters, (name) => path[name]);
}

function check<P extends Parameters>(parameters: P, valueOf: (name: string) => unknown): Read<P> {
  const read = Object.entries(parameters).map(([name, schema]) => {
    const { success, data, error } = schema.safeParse(valueOf(name));
    if (success) return [name, data];
    const wrong = error.issues.map(({ message }) => message).join(', and ');
    throw new HttpProblem(400, wrong.includes(name) ? wrong : `${name}: ${wrong}`);
  });
  return Object.fromEntries(read) as Read<P>;
}

/** A schema of what the path names, which refuses the rest with a problem of its own. */
export function inPath<T extends z.ZodType>(schema: T, problem: (text: string, why: string) => HttpProblem) {
  return schema.catch(({ value, issues }) => {
    throw problem(String(value), issues.map(({ message }) => message).join(', and '));
  }) as unknown as T;
}

const runReference = z.string().refine((run) => parseRunReference(run) !== undefined);

/** A run that the path names. */
export const runInPath = inPath(
  runReference.meta({
    description:
      "A run's id or an unambiguous beginning of it; latest; or a date, which means its end in UTC, or a time in ISO 8601 with its zone: the last run that had begun by then",
    examples: ['latest'],
  }),
  (run) => new HttpProblem(404, `${JSON.stringify(run)} names no run: give ${runForms}`),
);

export const prefixParameter = {
  prefix: text(knownPrefixSchema).optional().meta({ description: 'Below which to look; the usual one unless given' }),
};
export const rootParameter = { root: plain('The directory that was backed up, where there are several') };
export const reasonParameter = { reason: anyText('Why') };

export const tokenHeader = 'x-ms-continuation-token';
export const tokenParameter = {
  [tokenHeader]: z
    .string()
    .regex(/^[\w-]*$/u, 'is not one of this list')
    .optional()
    .meta({ description: 'From the page before' }),
};

/** A page's size as it is asked for; the usual one for what cannot be one. */
export function pageSize(top: number | undefined, { usual, most }: { usual: number; most: number }): number {
  return top !== undefined && Number.isInteger(top) && top >= 1 ? Math.min(top, most) : usual;
}

/** Load balancers, Azure's among them, drop what is silent for longer. Seconds. */
const maxWait = 230;

export const waitParameters = {
  timeout: number('Seconds to wait for the end; only together with pollingInterval', 1),
  pollingInterval: number('Seconds, at most the timeout; it says that waiting is wanted', 1),
};

/**
 * Milliseconds that the caller wants to wait for the end, as `timeout` and `pollingInterval` say in seconds; 0 unless both are there.
 * The interval only has to be there: nothing is polled. Throws a 400 {@link HttpProblem} for what cannot be waited for.
 */
export function patienceOf({ timeout, pollingInterval }: Read<typeof waitParameters>): number {
  if (timeout === undefined || pollingInterval === undefined) return 0;
  if (timeout < 0 || pollingInterval < 0) {
    throw new HttpProblem(400, 'timeout and pollingInterval must not be negative');
  }
  if (pollingInterval > timeout) {
    throw new HttpProblem(400, `Total timeout ${timeout} should be bigger than retry timeout ${pollingInterval}`);
  }
  return Math.min(timeout, maxWait) * 1000;
}
