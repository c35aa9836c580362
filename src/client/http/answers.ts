import { z } from 'zod';

/** What an answer holds: nothing, unless it has a schema. */
interface Answer {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** `application/json` unless given. */
  readonly type?: string;
  readonly headers?: readonly string[];
  /** The answer's `id` leads to the operations on an instance. */
  readonly links?: boolean;
}

export type Answers = Readonly<Record<number, Answer>>;

const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    Message: z.string().meta({ description: 'The detail again, where Durable Functions clients look for it' }),
  })
  .meta({ id: 'Problem', description: 'Problem details (RFC 9457)' });

export const problem = (description: string): Answer => ({
  description,
  schema: problemSchema,
  type: 'application/problem+json',
});

/** A problem that passes with time. */
export const later = (description: string): Answer => ({ ...problem(description), headers: ['Retry-After'] });

/** Of what is streamed: a line for each. */
export const lines = (schema: z.ZodType): Answer => ({
  description: 'One object a line. When it cannot be sent whole, the connection breaks',
  schema,
  type: 'application/x-ndjson',
});

export const anyJson = z.unknown().meta({ id: 'AnyJson', description: 'Any JSON value' });
export const anyText = z.string().meta({ id: 'Text', description: 'Text' });

const uri = (description: string) => z.string().meta({ description });

/** The answer to a start: what a caller needs to follow and steer an instance. */
export const managementUrisSchema = z
  .strictObject({
    id: z.string(),
    statusQueryGetUri: uri('GET: how it stands'),
    sendEventPostUri: uri('POST: raises the event that stands in the place of {eventName}'),
    terminatePostUri: uri('POST: ends it; {text} is the reason'),
    rewindPostUri: uri('POST: runs again what failed; {text} is the reason'),
    purgeHistoryDeleteUri: uri('DELETE: forgets it'),
    restartPostUri: uri('POST: starts another one with the same input'),
    suspendPostUri: uri('POST: lets it start nothing more; {text} is the reason'),
    resumePostUri: uri('POST: lets it go on; {text} is the reason'),
  })
  .meta({
    id: 'ManagementUris',
    description: 'The URIs of an instance, each with a code that is good for this instance alone',
  });

/** Of whatever starts something: it ended while the caller waited, or leads to its status. */
export const startedAnswers = {
  200: { description: 'It ended in time: the output, or the status when it did not succeed', schema: anyJson },
  202: {
    description: 'It was started',
    schema: managementUrisSchema,
    headers: ['Location', 'Retry-After'],
    links: true,
  },
  400: problem('The request is wrong'),
  409: problem('An instance of that id is running'),
} as const satisfies Answers;

/** Of whatever takes a body. */
export const bodyAnswers = {
  413: problem('The body is too large'),
  415: problem('The body is not of a type, charset or encoding that can be read'),
} as const satisfies Answers;

/** Of whatever looks something up in storage. */
export const storageAnswers = {
  501: problem('This server knows no storage account, or the run was written by a later version'),
  502: problem('The storage account refuses what was asked'),
} as const satisfies Answers;

/** Of whatever looks up a run. */
export const runAnswers = {
  ...storageAnswers,
  404: problem('There is no such run, or none that has ended'),
  409: problem('What storage holds of it was damaged or altered'),
} as const satisfies Answers;
