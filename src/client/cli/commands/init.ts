import { printableJson } from '../../../lib/printable.ts';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { exitCodes, type Call } from '../invocation.ts';
import { usualSourcesFile } from '../../sources/sources-file.ts';
import { ExpectedError } from '../../../contracts/failures.ts';
import type { SourcesFileFlags } from '../open/scope.ts';
import { requireDirectory, notEmpty, perform, withCommonOptions, withSourcesFile, type Choose } from './options.ts';

const help = `
Writes ${usualSourcesFile} into the working directory, or the file that --config or DURABLE_BACKUP_CONFIG names, and never over one
that is there. It names one source, and its comments say what else can be given.

Exit codes: 0 done, 1 error, 130 interrupted.

Examples:
  durable-backup init ~/photos
  durable-backup init /srv/site --config /etc/durable-backup.yaml`;

const schemaFile = fileURLToPath(new URL('../../../../schema/durable-backup.schema.json', import.meta.url));

/** `init [DIR]`: writes a sources file to begin with. */
export function addInit(program: Command, choose: Choose): void {
  const command = program
    .command('init')
    .description('writes a sources file to begin with')
    .argument('[dir]', 'directory of its first source; the working directory unless given', notEmpty)
    .addHelpText('after', help);
  perform(withSourcesFile(withCommonOptions(command, 'print one JSON object instead of text')), choose, writeExample);
}

async function writeExample(call: Call & SourcesFileFlags, dir = '.'): Promise<number> {
  const { config, json, quiet, answer } = call;
  const file = resolve(call.sourcesFile ?? config.sourcesFile ?? usualSourcesFile);
  const root = resolve(dir);
  await requireDirectory(root);
  const name = nameOf(root);
  const folder = dirname(file);
  const { exampleFile } = await import('../../sources/example-file.ts');
  const text = exampleFile({ name, root: nearest(folder, root), schema: nearest(folder, schemaFile) });
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    throw unwritten(file, (error as NodeJS.ErrnoException).code ?? String(error));
  }
  if (json) answer(printableJson({ file, source: name, root }));
  else if (!quiet) answer(`Wrote ${file}. \`durable-backup backup ${name}\` backs up ${root}.`);
  return exitCodes.done;
}

/** Relative where it lies below the folder, so that both can be moved together. */
function nearest(folder: string, path: string): string {
  const way = relative(folder, path);
  return way === '..' || way.startsWith('../') || isAbsolute(way) ? path : `./${way}`;
}

/** The directory's own name, as far as a source can have it. */
function nameOf(root: string): string {
  const plain = basename(root)
    .replace(/[^A-Za-z0-9._-]+/gu, '-')
    .replace(/^[^A-Za-z0-9]+/u, '')
    .slice(0, 64);
  return plain === '' ? 'files' : plain;
}

function unwritten(file: string, code: string): ExpectedError {
  const message =
    code === 'EEXIST'
      ? `${file} is there already and stays as it is: edit it, or name another file by --config`
      : `${file} cannot be written (${code}): name another file by --config`;
  return new ExpectedError('InvalidConfiguration', message);
}
