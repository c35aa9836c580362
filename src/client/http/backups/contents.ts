import { z } from 'zod';
import { differenceRowSchema } from '../../../history/views/compare-runs.ts';
import { entryRowSchema } from '../../../history/views/list-entries.ts';
import { lines, runAnswers } from '../answers.ts';
import { flag, plain, runInPath, text } from '../parameters.ts';
import { route } from '../route.ts';
import { answerNdjson, answerStream } from './answer-stream.ts';
import { backupsBelow, runAsked, runParameters } from './below.ts';

const entries = route({
  method: 'get',
  path: '/api/backups/{run}/entries',
  id: 'entries',
  tag: 'Runs',
  summary: 'What is in a folder of a run.',
  inPath: runParameters.inPath,
  query: {
    path: plain('A folder, or something in one; by default all that was backed up'),
    recursive: flag('What is in its folders too'),
    pattern: plain('A path or a glob, as filters have them, in all folders below'),
    ...runParameters.query,
  },
  answers: { ...runAnswers, 200: lines(entryRowSchema) },
  async handle({ response, server, path: { run }, query, signal }) {
    const backups = backupsBelow(server, query.prefix);
    const { manifest } = await backups.find(runAsked(run, query), signal);
    const { recursive = false, path = '', pattern = '' } = query;
    const asked = { recursive, ...(path !== '' && { path }), ...(pattern !== '' && { pattern }) };
    await answerNdjson(response, backups.entries(manifest, asked, signal), server.log);
  },
});

const diff = route({
  method: 'get',
  path: '/api/backups/{run}/diff/{other}',
  id: 'diff',
  tag: 'Runs',
  summary: 'How what two runs hold differs.',
  inPath: { run: runInPath, other: runInPath },
  query: runParameters.query,
  answers: { ...runAnswers, 200: lines(differenceRowSchema) },
  async handle({ response, server, path: { run, other }, query, signal }) {
    const backups = backupsBelow(server, query.prefix);
    const before = await backups.find(runAsked(run, query), signal);
    const after = await backups.find(runAsked(other, query), signal);
    await answerNdjson(response, backups.differences(before.manifest, after.manifest, signal), server.log);
  },
});

const wrongPath = 'path: name the file, relative to the directory that was backed up';

const content = route({
  method: 'get',
  path: '/api/backups/{run}/content',
  id: 'content',
  tag: 'Runs',
  summary: 'The content of a file, checked against its SHA-256.',
  inPath: runParameters.inPath,
  query: {
    path: text(z.string(wrongPath).min(1, wrongPath)).meta({
      description: 'The file, relative to the directory that was backed up',
      examples: ['index.html'],
    }),
    ...runParameters.query,
  },
  answers: {
    ...runAnswers,
    200: {
      description: 'When it is not what the run stored, it does not come whole',
      schema: z
        .string()
        .meta({ id: 'Bytes', description: 'Bytes as they are', contentMediaType: 'application/octet-stream' }),
      type: 'application/octet-stream',
      headers: ['Content-Length', 'Content-Disposition', 'ETag'],
    },
  },
  async handle({ request, response, server, path: { run }, query, signal }) {
    const backups = backupsBelow(server, query.prefix);
    const { manifest } = await backups.find(runAsked(run, query), signal);
    const { entry, size, sha256, blocks } = await backups.content(manifest, query.path, signal);
    const headers = {
      'Content-Length': String(size),
      ETag: `"${sha256}"`,
      'Content-Disposition': attachment(entry.path),
    };
    if (request.method === 'HEAD') response.type(bytes).set(headers).end();
    else await answerStream(response, bytes, blocks, server.log, headers);
  },
});

export const contentRoutes = [entries, diff, content];

const bytes = 'application/octet-stream';

function escapeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** A header that names the file, whatever its name (RFC 6266): in plain letters, and exactly as UTF-8 escaped. */
function attachment(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/gu, '_');
  const exact = encodeURIComponent(name).replace(/['()*]/gu, escapeCharacter);
  return `attachment; filename="${plain}"${plain === name ? '' : `; filename*=UTF-8''${exact}`}`;
}
