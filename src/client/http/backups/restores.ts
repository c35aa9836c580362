import { z } from 'zod';
import { workflowNames } from '../../../contracts/job.ts';
import { isRunId } from '../../../history/runs/run-reference.ts';
import { startRoute } from '../instances/start.ts';
import { lines, problem, runAnswers } from '../answers.ts';
import { inPath, prefixParameter } from '../parameters.ts';
import { HttpProblem } from '../problem.ts';
import { route } from '../route.ts';
import { restoreBodySchema } from '../../../contracts/restore.ts';
import { verificationBodySchema } from '../../../contracts/verification.ts';
import { answerNdjson } from './answer-stream.ts';
import { backupsBelow, runAsked, runParameters } from './below.ts';
import { checkRoot } from './check-root.ts';
import { ledgerRowSchema } from '../../../history/views/read-report-rows.ts';

const maxBody = 256 * 1024;
// A manifest is small, and the store ends by itself when nothing answers.
const forAsLongAsItTakes = new AbortController().signal;

const answers = {
  ...runAnswers,
  409: problem('An instance of that id is running, or what storage holds of the run was damaged or altered'),
};

const restore = startRoute({
  path: '/api/backups/{run}/restores',
  id: 'restore',
  tag: 'Restore and verify',
  summary: 'Bring back what a run holds.',
  ...runParameters,
  body: {
    schema: restoreBodySchema,
    described: restoreBodySchema
      .nullable()
      .meta({ id: 'Restore', description: 'A restore; null or no body means all of it, where it was' }),
    what: 'a restore',
    kind: 'an object',
    example: { target: '/srv/restored' },
    most: maxBody,
    none: {},
  },
  answers,
  workflow: workflowNames.restore,
  async begin({ server, path: { run }, query }, wanted) {
    const backups = backupsBelow(server, query.prefix);
    const asked = runAsked(run, query);
    const { manifest } = await backups.find(asked, forAsLongAsItTakes);
    const target = wanted.target ?? manifest.root;
    await checkRoot(target, server.backupRoots);
    // The worker asks the same; where the target is elsewhere it alone can.
    const isMirror = wanted.delete === true && wanted.dryRun !== true && wanted.force !== true;
    if (isMirror && wanted.worker === undefined) await backups.checkMirror(manifest, target, forAsLongAsItTakes);
    // As it was asked for, so that the same request sent again is the same one; the worker finds the run again.
    return {
      args: [{ ...asked, ...prefixAsked(query), ...wanted }],
      summary: `Restore run ${manifest.run} into ${target}`,
    };
  },
});

const verify = startRoute({
  path: '/api/backups/{run}/verifications',
  id: 'verify',
  tag: 'Restore and verify',
  summary: 'Check that storage holds what a run stored.',
  ...runParameters,
  body: {
    schema: verificationBodySchema,
    described: verificationBodySchema.nullable().meta({
      id: 'Verification',
      description: 'A verification; null or no body means by a listing of the container',
    }),
    what: 'a verification',
    kind: 'an object',
    example: { deep: true },
    most: maxBody,
    none: {},
  },
  answers,
  workflow: workflowNames.verify,
  async begin({ server, path: { run }, query }, wanted) {
    const asked = runAsked(run, query);
    const { manifest } = await backupsBelow(server, query.prefix).find(asked, forAsLongAsItTakes);
    return { args: [{ ...asked, ...prefixAsked(query), ...wanted }], summary: `Verify run ${manifest.run}` };
  },
});

function prefixAsked({ prefix }: { readonly prefix?: string | undefined }): { prefix?: string } {
  return prefix === undefined ? {} : { prefix };
}

const reports = (['restores', 'verifications'] as const).map((kind) =>
  route({
    method: 'get',
    path: `/api/${kind}/{id}/ledger`,
    id: `${kind}Ledger`,
    tag: 'Restore and verify',
    summary: `What became of every path of one of the ${kind}.`,
    inPath: {
      id: inPath(
        z
          .string()
          .refine(isRunId)
          .meta({
            description: 'The restoreId or verificationId of its summary',
            examples: ['20261121T051430Z-1f3a9c2e'],
          }),
        (id) => new HttpProblem(404, `${JSON.stringify(id)} is not the id of one of the ${kind}`),
      ),
    },
    query: prefixParameter,
    answers: { ...runAnswers, 200: lines(ledgerRowSchema) },
    async handle({ response, server, path: { id }, query, signal }) {
      await answerNdjson(response, backupsBelow(server, query.prefix).reportLedger({ kind, id }, signal), server.log);
    },
  }),
);

export const restoreRoutes = [restore, verify, ...reports];
