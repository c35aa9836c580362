import { dirname, isAbsolute, posix, resolve, win32 } from 'node:path';
import type { z } from 'zod';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { ExpectedError } from '../../contracts/failures.ts';
import { unknownName } from '../../lib/nearest-name.ts';
import { membersOf } from '../../lib/schema-members.ts';
import { sourcesSchema, type SourceDefinition, type WrittenSource } from '../../contracts/sources.ts';

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
  return { name, root: absolute, prefix, ...rest };
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

/** A YAML text with where its parts stand. */
interface YamlDocument {
  readonly value: unknown;
  /** What is wrong with it as YAML, each with `line:column: ` before it. */
  readonly faults: readonly string[];
  /** `line:column` of the value at a path, or of the nearest part around it that is there. */
  placeOf(path: readonly PropertyKey[]): string;
  /** `line:column` of a key of the map at a path. */
  placeOfKey(path: readonly PropertyKey[], key: string): string;
}

/** Reads one YAML document. What is wrong with it is in `faults`, and then `value` is of no use. */
function readYaml(text: string): YamlDocument {
  try {
    return documentOf(text);
  } catch (error) {
    // Parts can be nested so deep, and aliases be so many or so circular, that reading them ends in an error.
    const message = error instanceof RangeError ? 'is nested too deep' : (error as Error).message;
    const start = () => '1:1';
    return { value: undefined, faults: [`${start()}: ${message}`], placeOf: start, placeOfKey: start };
  }
}

function documentOf(text: string): YamlDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const faults = [...document.errors, ...document.warnings].map(({ pos, message }) => `${place(pos[0])}: ${message}`);
  const start = (node: Node | null | undefined) => place(node?.range?.[0] ?? 0);
  return {
    value: faults.length > 0 ? undefined : (document.toJS() as unknown),
    faults,
    placeOf: (path) => start(nodesAlong(document, path).at(-1)),
    placeOfKey: (path, key) => {
      const nodes = nodesAlong(document, path);
      const found = keyOf(document, nodes.at(-1), key);
      return start(found ?? nodes.at(-1));
    },
  };
}

/** The nodes on the way along a path, as far as there are any. */
function nodesAlong(document: Document, path: readonly PropertyKey[]): Node[] {
  const nodes: Node[] = document.contents ? [document.contents] : [];
  for (const step of path) {
    const next = childOf(document, nodes.at(-1), step);
    if (!next) break;
    nodes.push(next);
  }
  return nodes;
}

function childOf(document: Document, node: Node | undefined, step: PropertyKey): Node | undefined {
  const inside = isAlias(node) ? node.resolve(document) : node;
  const child = isMap(inside) || isSeq(inside) ? inside.get(step, true) : undefined;
  return isNode(child) ? child : undefined;
}

function keyOf(document: Document, node: Node | undefined, key: string): Node | undefined {
  const inside = isAlias(node) ? node.resolve(document) : node;
  if (!isMap(inside)) return undefined;
  return inside.items.map((pair) => pair.key).find((found): found is Node => isScalar(found) && String(found) === key);
}
