import { webhookPrefix } from '../app-dependencies.ts';
import { bodyAnswers, problem, startedAnswers, type Answers } from '../answers.ts';
import { patienceOf, waitParameters, type Parameters } from '../parameters.ts';
import { HttpProblem } from '../problem.ts';
import { route, type Body, type Call, type Declaration, type Route } from '../route.ts';
import { answerStart } from './answer-start.ts';
import { idempotencyKeySchema, startIdempotently } from './idempotency.ts';
import { chosenId } from './instance-id.ts';

/** What an orchestration is started with. */
interface Begun {
  readonly args: readonly unknown[];
  /** Shown in Temporal's Web UI. */
  readonly summary: string;
}

type OfStart<P extends Parameters, Q extends Parameters, B> = Omit<
  Declaration<P, Q, typeof idempotencyKey, B>,
  'method' | 'headers' | 'starts' | 'answers' | 'handle' | 'body'
> & {
  readonly body: Body<B>;
  readonly answers?: Answers;
  /** The name of the orchestration. */
  readonly workflow: string;
  /** Checks what the schema of the body cannot. Throws an {@link HttpProblem}. */
  readonly begin: (call: Call<P, Q, typeof idempotencyKey, B>, input: B) => Begun | Promise<Begun>;
};

const idempotencyKey = {
  'Idempotency-Key': idempotencyKeySchema.optional().meta({
    description: 'A quoted string: the same request sent again with it leads to the same instance',
    examples: ['"8e03978e"'],
  }),
};

/** A route that starts an orchestration with what its body says. Where an alias has an `{instanceId}`, the instance gets that id. */
export function startRoute<P extends Parameters = Parameters, Q extends Parameters = Parameters, B = unknown>(
  declared: OfStart<P, Q, B>,
): Route {
  const { workflow, begin, answers, query, ...more } = declared;
  return route<P, Q & typeof waitParameters, typeof idempotencyKey, B>({
    ...more,
    method: 'post',
    query: { ...query, ...waitParameters } as Q & typeof waitParameters,
    headers: idempotencyKey,
    answers: {
      ...startedAnswers,
      ...bodyAnswers,
      422: problem('The Idempotency-Key came with another request before'),
      ...answers,
    },
    starts: true,
    async handle(call) {
      const { request, server } = call;
      const { instanceId } = request.params;
      const chosen = instanceId === undefined ? undefined : chosenId(String(instanceId));
      const patience = patienceOf(call.query);
      const { args, summary } = await begin(call, await call.body());
      const started = await startIdempotently(server.jobs, call.headers['Idempotency-Key'], {
        name: workflow,
        args,
        summary,
        ...(chosen !== undefined && { instanceId: chosen }),
      });
      await answerStart(call, { instanceId: started, patience });
    },
  });
}

const roots = ['/orchestrators', `${webhookPrefix}/orchestrators`];

/** The paths at which Durable Functions starts an orchestration of this name, under an id of the caller's own too. */
export function orchestratorPaths(name: string): string[] {
  return roots.flatMap((root) => [`${root}/${name}`, `${root}/${name}/{instanceId}`]);
}

/** What a start of an unknown orchestration is answered with, at {@link unknownStartPaths}. */
export function refuseUnknownStart(name: string, routes: readonly Route[]): never {
  const known = routes.flatMap(({ path, aliases = [] }) =>
    [path, ...aliases].flatMap((one) => /^\/orchestrators\/(\w+)$/u.exec(one)?.[1] ?? []),
  );
  throw new HttpProblem(400, `The orchestrator ${JSON.stringify(name)} does not exist; there is ${known.join(', ')}`);
}

export const unknownStartPaths = roots.map((root) => `${root}/:functionName{/:instanceId}`);
