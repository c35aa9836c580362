import { z } from 'zod';
import { knownPrefixSchema } from '../../../contracts/blob-prefix.ts';
import { idempotencyKeySchema } from '../instances/idempotency.ts';
import { instanceIdSchema, eventNameSchema } from '../schemas/instance-id.ts';
import { runtimeStatusSchema } from '../schemas/answers.ts';
import type { SchemaName } from './schemas.ts';

/** What an answer holds: nothing, unless it names a schema. */
export interface Answer {
  readonly description: string;
  readonly schema?: SchemaName;
  /** `application/json` unless given. */
  readonly type?: string;
  readonly headers?: readonly string[];
  /** The answer's `id` leads to the operations on an instance. */
  readonly links?: boolean;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: z.ZodType;
}

/** One method of one path, with what is its own; what all have in common is added when the document is made. */
export interface Operation {
  readonly method: 'get' | 'post' | 'delete';
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly tag: string;
  readonly parameters?: readonly Parameter[];
  readonly body?: { readonly schema: SchemaName; readonly required: boolean };
  readonly answers: Readonly<Record<number, Answer>>;
  /** Needs no key. */
  readonly open?: boolean;
}

export const problem = (description: string): Answer => ({
  description,
  schema: 'Problem',
  type: 'application/problem+json',
});

/** Of whatever starts something: it ended while the caller waited, or leads to its status. */
export const startedAnswers = {
  200: { description: 'It ended in time: the output, or the status when it did not succeed', schema: 'AnyJson' },
  202: { description: 'It was started', schema: 'ManagementUris', headers: ['Location', 'Retry-After'], links: true },
  400: problem('The request is wrong'),
  409: problem('An instance of that id is running'),
} as const satisfies Operation['answers'];

/** Of whatever starts something and has a body. */
export const bodyAnswers = {
  ...startedAnswers,
  413: problem('The body is too large'),
  415: problem('The body is not of a type, charset or encoding that can be read'),
  422: problem('The Idempotency-Key came with another request before'),
} as const satisfies Operation['answers'];

function inQuery(name: string, schema: z.ZodType, description: string): Parameter {
  return { name, in: 'query', schema: schema.meta({ ...schema.meta(), description }) };
}

// What cannot be read as one of these is ignored, as Durable Functions does, so that any text is valid.
const flag = z.unknown().meta({ examples: [true, false] });
const time = z.unknown().meta({ examples: ['2030-01-31T12:00:00Z'] });
const anything = z.unknown();
const seconds = z.unknown().meta({ examples: [1] });

const runSchema = z.string().meta({
  description: "A run's id, latest, or a time in ISO 8601 with its zone: the last run that had begun by then",
  examples: ['latest'],
});

/** The parameters that requests have, by name. */
export const parameters = {
  instanceId: { name: 'instanceId', in: 'path', schema: instanceIdSchema },
  eventName: { name: 'eventName', in: 'path', schema: eventNameSchema },
  timeout: inQuery('timeout', seconds, 'Seconds to wait for the end; only together with pollingInterval'),
  pollingInterval: inQuery('pollingInterval', seconds, 'Seconds, at most the timeout; it says that waiting is wanted'),
  idempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    schema: idempotencyKeySchema.optional().meta({
      description: 'A quoted string: the same request sent again with it leads to the same instance',
      examples: ['"8e03978e"'],
    }),
  },
  showHistory: inQuery('showHistory', flag, 'Add historyEvents'),
  showHistoryOutput: inQuery('showHistoryOutput', flag, 'With their results'),
  showInput: inQuery('showInput', flag, 'By default true'),
  failureAsError: inQuery('returnInternalServerErrorOnFailure', flag, 'Answer 500 when the instance has failed'),
  createdTimeFrom: inQuery('createdTimeFrom', time, 'Started then or later'),
  createdTimeTo: inQuery('createdTimeTo', time, 'Started then or before'),
  requiredFrom: {
    name: 'createdTimeFrom',
    in: 'query',
    schema: z.iso.datetime().meta({ description: 'Started then or later' }),
  },
  readableTo: inQuery('createdTimeTo', z.iso.datetime().optional(), 'Started then or before'),
  runtimeStatuses: inQuery('runtimeStatus', anything, 'One of them, or several with commas between them'),
  knownStatuses: inQuery('runtimeStatus', z.array(runtimeStatusSchema).optional(), 'One of them; commas do too'),
  instanceIdPrefix: inQuery('instanceIdPrefix', anything, 'What the ids begin with'),
  top: inQuery('top', z.unknown().meta({ examples: [20] }), 'Most instances on a page, by default 100'),
  continuationToken: {
    name: 'x-ms-continuation-token',
    in: 'header',
    schema: z
      .string()
      .regex(/^[\w-]*$/u)
      .optional()
      .meta({ description: 'From the page before' }),
  },
  reason: inQuery('reason', anything, 'Why'),
  run: { name: 'run', in: 'path', schema: runSchema },
  other: { name: 'other', in: 'path', schema: runSchema },
  folder: inQuery('path', z.string().optional(), 'A folder, or something in one; by default all that was backed up'),
  file: inQuery('path', z.string().min(1), 'The file, relative to the directory that was backed up'),
  recursive: inQuery('recursive', flag, 'What is in its folders too'),
  pattern: inQuery('pattern', z.string().optional(), 'A glob over whole paths, in all folders below'),
  reportId: {
    name: 'id',
    in: 'path',
    schema: z.string().meta({ description: 'The restoreId or verificationId of its summary' }),
  },
  root: inQuery('root', z.string().optional(), 'The directory that was backed up, where there are several'),
  runTag: inQuery(
    'tag',
    z.array(z.string()).optional(),
    'Only runs that have this tag, or all of several; commas do too',
  ),
  forgottenToo: inQuery('forgotten', flag, 'List forgotten runs too'),
  prefix: inQuery('prefix', knownPrefixSchema.optional(), 'Below which to look; the usual one unless given'),
  mostRuns: inQuery('top', z.unknown().meta({ examples: [20] }), 'Most runs on a page, by default 100'),
  sourceName: {
    name: 'source',
    in: 'path',
    schema: z.string().meta({ description: 'The name of a source', examples: ['photos'] }),
  },
  dryRun: inQuery('dryRun', z.boolean().optional(), 'Change nothing, and tell what would be changed'),
  restartWithNewInstanceId: inQuery('restartWithNewInstanceId', flag, 'By default true'),
} as const satisfies Record<string, Parameter>;
