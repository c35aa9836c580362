import { dirname, isAbsolute, posix, resolve, win32 } from 'node:path';
import type { z } from 'zod';
import { ExpectedError } from '../../contracts/failures.ts';
import { unknownName } from '../../lib/nearest-name.ts';
import { membersOf } from '../../lib/schema-members.ts';
import type { SourceDefinition } from '../../contracts/source-definition.ts';
import { sourcesSchema, type WrittenSource } from './source-schema.ts';
import { readYaml, type YamlDocument } from './yaml-document.ts';

/**
 * The sources that a text names, in its order; `file` is the absolute path of where it stands, from which relative roots start. Throws an
 * {@link ExpectedError} of type `InvalidConfiguration` that tells of everything that is wrong, each with line and column.
 */
export function readSources(text: string, file: string): SourceDefinition[] {
  const document = readYaml(text);
  if (document.faults.length > 0) throw unusable(file, document.faults);
  const parsed = sourcesSchema.safeParse(document.value ?? {});
  if (!parsed.success)
    throw unusable(
      file,
      parsed.error.issues.flatMap((issue) => faultsOf(issue, document)),
    );
  const sources = Object.entries(parsed.data.sources).map(([name, written]) => definitionOf(name, written, file));
  const faults = sources.flatMap((source, at) => [
    ...rootFault(source, document),
    ...prefixFaults(source, sources.slice(0, at), document),
  ]);
  if (faults.length > 0) throw unusable(file, faults);
  return sources;
}

function unusable(file: string, faults: readonly string[]): ExpectedError {
  return new ExpectedError('InvalidConfiguration', faults.map((fault) => `${file}:${fault}`).join('; '));
}

function faultsOf(issue: z.core.$ZodIssue, document: YamlDocument): string[] {
  const { path } = issue;
  const name = path.length === 0 ? '' : `${path.map((step) => (isAddress(step) ? '…' : String(step))).join('.')}: `;
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(membersOf(sourcesSchema, path));
    return issue.keys.map((key) => {
      const fault = isAddress(key) ? addressAsName : unknownName(key, known);
      return `${document.placeOfKey(path, key)}: ${name}${fault}`;
    });
  }
  // Of a key, what is wrong with it is told by the issues within.
  if (issue.code === 'invalid_key') {
    const place = document.placeOfKey(path.slice(0, -1), String(path.at(-1)));
    return issue.issues.map(({ message }) => `${place}: ${name}a source's name ${message}`);
  }
  return [`${document.placeOf(path)}: ${name}${issue.message}`];
}

// Never cited, as it may be a secret.
const addressAsName =
  'an address stands where a name is wanted; in YAML a space follows the colon, as in webhook: https://…';

function isAddress(name: PropertyKey): boolean {
  return String(name).includes('://');
}

function definitionOf(
  name: string,
  { root, prefix = `${name}/`, ...rest }: WrittenSource,
  file: string,
): SourceDefinition {
  const absolute = rest.worker === undefined ? resolve(dirname(file), root) : rootElsewhere(root);
  return { name, root: absolute, prefix, ...rest } as SourceDefinition;
}

/** As the worker's own machine writes it, for so its runs name it; a relative one as it is. */
function rootElsewhere(root: string): string {
  if (posix.isAbsolute(root)) return posix.resolve(root);
  return win32.isAbsolute(root) ? win32.resolve(root) : root;
}

// Where a worker's machine has it, this one knows no directory that it could begin at.
function rootFault({ name, root, worker }: SourceDefinition, document: YamlDocument): string[] {
  if (worker === undefined ? isAbsolute(root) : posix.isAbsolute(root) || win32.isAbsolute(root)) return [];
  const path = ['sources', name, 'root'];
  return [
    `${document.placeOf(path)}: ${path.join('.')}: is relative; with a worker, give the absolute path on its machine`,
  ];
}

/** Runs below one prefix share names and a history, and what is not theirs counts as left over. */
function prefixFaults(
  { name, prefix }: SourceDefinition,
  others: readonly SourceDefinition[],
  document: YamlDocument,
): string[] {
  const place = document.placeOf(['sources', name, 'prefix']);
  return others.flatMap((other) => {
    const shown = `the prefix ${JSON.stringify(prefix)} of ${name}`;
    const its = `${JSON.stringify(other.prefix)} of ${other.name}`;
    const apart = 'give each source a folder of its own';
    if (prefix === other.prefix) return [`${place}: ${shown} is that of ${other.name} too: ${apart}`];
    if (prefix.startsWith(other.prefix)) return [`${place}: ${shown} lies in ${its}: ${apart}`];
    return other.prefix.startsWith(prefix) ? [`${place}: in ${shown} lies ${its}: ${apart}`] : [];
  });
}
