import { Router } from 'express';
import type { AppDependencies } from '../app-dependencies.ts';
import type { Keys } from '../server/keys.ts';
import { HttpProblem } from '../problem.ts';
import { readQuery } from '../query.ts';
import { answerNdjson, answerStream } from './answer-stream.ts';
import { onBackups, runAsked, type BackupRequest } from './on-backups.ts';

/**
 * What runs hold: `GET /{run}/entries` streams what is in a folder, `GET /{run}/diff/{other}` how two runs differ, and
 * `GET /{run}/content` is the content of a file.
 */
export function createContentRoutes(deps: AppDependencies, keys: Keys): Router {
  const router = Router();
  router.get(
    '/:run/entries',
    onBackups(deps, keys, async ({ request, response, backups, signal }) => {
      const query = readQuery(request);
      const { manifest } = await backups.find(runAsked(request), signal);
      const recursive = query.flag('recursive') ?? false;
      const path = query.text('path') ?? '';
      const pattern = query.text('pattern') ?? '';
      const asked = { recursive, ...(path !== '' && { path }), ...(pattern !== '' && { pattern }) };
      await answerNdjson(response, backups.entries(manifest, asked, signal), deps.log);
    }),
  );
  router.get(
    '/:run/diff/:other',
    onBackups(deps, keys, async ({ request, response, backups, signal }) => {
      const before = await backups.find(runAsked(request), signal);
      const after = await backups.find(runAsked(request, 'other'), signal);
      await answerNdjson(response, backups.differences(before.manifest, after.manifest, signal), deps.log);
    }),
  );
  router.get(
    '/:run/content',
    onBackups(deps, keys, (asked) => answerContent(asked, deps)),
  );
  return router;
}

async function answerContent({ request, response, backups, signal }: BackupRequest, { log }: AppDependencies) {
  const path = readQuery(request).text('path') ?? '';
  if (path === '') throw new HttpProblem(400, 'path: name the file, relative to the directory that was backed up');
  const { manifest } = await backups.find(runAsked(request), signal);
  const { entry, size, sha256, blocks } = await backups.content(manifest, path, signal);
  const headers = {
    'Content-Length': String(size),
    ETag: `"${sha256}"`,
    'Content-Disposition': attachment(entry.path),
  };
  if (request.method === 'HEAD') response.type(type).set(headers).end();
  else await answerStream(response, type, blocks, log, headers);
}

const type = 'application/octet-stream';

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
