import { workflowNames } from '../../../contracts/job.ts';
import type { Manifest } from '../../../contracts/manifest.ts';
import { retryRun, whyNotRetried, type Retry } from '../../jobs/retry-run.ts';
import { problem, runAnswers, startedAnswers } from '../answers.ts';
import { answerStart } from '../instances/answer-start.ts';
import { orchestratorPaths, startRoute } from '../instances/start.ts';
import { patienceOf, waitParameters } from '../parameters.ts';
import { HttpProblem } from '../problem.ts';
import { route } from '../route.ts';
import { backupInputSchema } from '../../../contracts/backup.ts';
import { siteContentSchema } from '../schemas/site-content.ts';
import { backupsBelow, runAsked, runParameters } from './below.ts';
import { checkRoot } from './check-root.ts';

const KiB = 1024;

const backupBody = {
  schema: backupInputSchema,
  described: backupInputSchema.nullable().meta({
    id: 'Backup',
    description: "A backup of a directory tree; null or no body means the worker's own directory",
  }),
  what: 'a backup',
  kind: 'an object',
  example: { root: '/srv/site' },
  most: 64 * KiB,
  none: { root: '' },
} as const;

const backup = startRoute({
  path: '/api/backups',
  aliases: orchestratorPaths(workflowNames.backup),
  id: 'startBackup',
  tag: 'Backups',
  summary: 'Start a backup.',
  body: backupBody,
  workflow: workflowNames.backup,
  async begin({ server }, sent) {
    const input = sent;
    await checkRoot(input.root, server.backupRoots);
    return { args: [input], summary: summaryOf(input.root) };
  },
});

const preview = startRoute({
  path: '/api/backups/preview',
  id: 'previewBackup',
  tag: 'Backups',
  summary: 'Look what a backup would do, and do nothing of it. The output of the instance is a Preview.',
  body: backupBody,
  workflow: workflowNames.preview,
  async begin({ server }, sent) {
    const input = sent;
    await checkRoot(input.root, server.backupRoots);
    return { args: [input], summary: `Preview: ${summaryOf(input.root)}` };
  },
});

const described = siteContentSchema.meta({ ...siteContentSchema.meta(), id: 'SiteContent' });
const [siteContentPath = '', ...siteContentAliases] = orchestratorPaths(workflowNames.backupSiteContent);

const siteContent = startRoute({
  path: siteContentPath,
  aliases: siteContentAliases,
  id: 'startSiteContent',
  tag: 'Backups',
  summary: 'Start a backup as the sample of Durable Functions does: its output is the number of bytes.',
  body: {
    schema: siteContentSchema,
    described,
    what: 'a JSON string that names a directory, such as "/srv/site"',
    kind: 'a JSON string with its quotes',
    example: '/srv/site',
    most: 64 * KiB,
    none: null,
  },
  workflow: workflowNames.backupSiteContent,
  async begin({ server }, input) {
    // As the caller sent it, for the status shows it again; the workflow trims it too.
    const root = (input ?? '').trim();
    await checkRoot(root, server.backupRoots);
    return { args: [input], summary: summaryOf(root) };
  },
});

function summaryOf(root: string): string {
  return `Back up ${root === '' ? 'the working directory' : root}`;
}

const retry = route({
  method: 'post',
  path: '/api/backups/{run}/retry',
  id: 'retry',
  tag: 'Backups',
  summary: 'Copy what failed in an incomplete run, and complete it.',
  inPath: runParameters.inPath,
  query: { ...runParameters.query, ...waitParameters },
  answers: {
    ...runAnswers,
    ...startedAnswers,
    409: problem('There is nothing to retry, it is under way, or a later run took its place'),
    410: problem('Temporal does not know its instance any more'),
  },
  starts: true,
  async handle(call) {
    const { server, path, query, signal } = call;
    const patience = patienceOf(query);
    const asked = { ...runAsked(path.run, query), incompleteToo: true };
    const { manifest } = await backupsBelow(server, query.prefix).find(asked, signal);
    requireStarted(await retryRun(server.jobs, manifest), manifest);
    await answerStart(call, { instanceId: manifest.instanceId, patience });
  },
});

const refusals = { running: 409, complete: 409, replaced: 409, stopped: 409, gone: 410 } as const;

function requireStarted(retried: Retry, manifest: Manifest): void {
  if (retried === 'started') return;
  const why =
    retried === 'running' ? `The instance ${manifest.instanceId} is under way` : whyNotRetried(retried, manifest);
  throw new HttpProblem(refusals[retried], why);
}

export const backupStartRoutes = [backup, preview, siteContent, retry];
