import { z } from 'zod';
import { isRunId } from '../../../history/runs/run-reference.ts';
import type { RunFilter } from '../../../history/views/list-run-infos.ts';
import { ledgerRowSchema } from '../../../history/views/read-report-rows.ts';
import { infoOf, runInfoSchema, type RunInfo } from '../../../history/views/run-info.ts';
import { lines, problem, runAnswers } from '../answers.ts';
import {
  flag,
  list as manyTexts,
  number,
  pageSize,
  prefixParameter,
  rootParameter,
  tokenHeader,
  tokenParameter,
  type Read,
} from '../parameters.ts';
import { HttpProblem } from '../problem.ts';
import { route } from '../route.ts';
import { answerNdjson } from './answer-stream.ts';
import { backupsBelow, runAsked, runParameters } from './below.ts';

const defaultTop = 100;
const mostRuns = 1000;

const filterParameters = {
  ...rootParameter,
  tag: manyTexts('Only runs that have this tag, or all of several; commas do too'),
  forgotten: flag('List forgotten runs too'),
};

function filterOf(query: Read<typeof filterParameters>, before: string): RunFilter {
  const { root = '', tag: tags = [], forgotten: forgottenToo = false } = query;
  return { ...(root !== '' && { root }), tags, forgottenToo, ...(before !== '' && { before }) };
}

const list = route({
  method: 'get',
  path: '/api/backups',
  id: 'runs',
  tag: 'Runs',
  summary: 'The runs, newest first, a page at a time.',
  query: {
    ...filterParameters,
    ...prefixParameter,
    top: number('Most runs on a page, by default 100', 20),
  },
  headers: tokenParameter,
  answers: {
    ...runAnswers,
    200: {
      description: 'A page; the header leads to the next',
      schema: z.array(runInfoSchema).meta({ id: 'RunList', description: 'A page of runs, newest first' }),
      headers: [tokenHeader],
    },
  },
  async handle({ response, server, query, headers: { [tokenHeader]: before = '' }, signal }) {
    const most = pageSize(query.top, { usual: defaultTop, most: mostRuns });
    if (before !== '' && !isRunId(before)) throw new HttpProblem(400, `The ${tokenHeader} is not one of this list`);
    const found: RunInfo[] = [];
    for await (const run of backupsBelow(server, query.prefix).runs(filterOf(query, before), signal)) {
      if (found.length === most) {
        response.set(tokenHeader, found.at(-1)?.run);
        break;
      }
      found.push(run);
    }
    response.json(found);
  },
});

const one = route({
  method: 'get',
  path: '/api/backups/{run}',
  id: 'run',
  tag: 'Runs',
  summary: 'How a run stands.',
  ...runParameters,
  answers: { ...runAnswers, 200: { description: 'It has ended', schema: runInfoSchema } },
  async handle({ response, server, path: { run }, query, signal }) {
    const backups = backupsBelow(server, query.prefix);
    const { manifest } = await backups.find({ ...runAsked(run, query), incompleteToo: true }, signal);
    response.json(infoOf(manifest));
  },
});

const ledger = route({
  method: 'get',
  path: '/api/backups/{run}/ledger',
  id: 'ledger',
  tag: 'Runs',
  summary: 'What became of every path of a run.',
  ...runParameters,
  answers: { ...runAnswers, 200: lines(ledgerRowSchema) },
  async handle({ response, server, path: { run }, query, signal }) {
    const backups = backupsBelow(server, query.prefix);
    const stored = await backups.find({ ...runAsked(run, query), incompleteToo: true }, signal);
    await answerNdjson(response, backups.ledger(stored, signal), server.log);
  },
});

const accept = route({
  method: 'post',
  path: '/api/backups/{run}/accept',
  id: 'accept',
  tag: 'Runs',
  summary: 'Say of a suspect run that what it lost is meant: it is a run like any other from then on.',
  inPath: {
    run: z
      .string()
      .meta({ description: 'The id of the run, or a beginning of it', examples: ['20261121T051430Z-1f3a9c2e'] }),
  },
  query: prefixParameter,
  answers: {
    ...runAnswers,
    200: { description: 'It is not suspect, or not any more', schema: runInfoSchema },
    400: problem('That is no id of a run'),
  },
  async handle({ response, server, path: { run }, query, signal }) {
    response.json(infoOf(await backupsBelow(server, query.prefix).accept(run, signal)));
  },
});

export const runRoutes = [list, one, ledger, accept];
