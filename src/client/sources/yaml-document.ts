import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';

/** A YAML text with where its parts stand. */
export interface YamlDocument {
  readonly value: unknown;
  /** What is wrong with it as YAML, each with `line:column: ` before it. */
  readonly faults: readonly string[];
  /** `line:column` of the value at a path, or of the nearest part around it that is there. */
  placeOf(path: readonly PropertyKey[]): string;
  /** `line:column` of a key of the map at a path. */
  placeOfKey(path: readonly PropertyKey[], key: string): string;
}

/** Reads one YAML document. What is wrong with it is in `faults`, and then `value` is of no use. */
export function readYaml(text: string): YamlDocument {
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
