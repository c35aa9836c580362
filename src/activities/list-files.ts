import { Buffer } from 'node:buffer';
import { displayPath } from '../shared/encoded-path.ts';
import { entryKey, type PageEntry } from '../shared/manifest.ts';
import type { Copy, Page, Run } from '../shared/contract.ts';
import { runLayout } from '../storage/run-layout.ts';
import { confine } from '../shared/confine.ts';
import { createPacker } from './packer.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withFailureTypes } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { walk } from './walk.ts';

const labelLength = 200;

/** Lists the next page of the tree into a blob and plans its copies. A page listed again replaces the first. */
export function createListFiles(deps: ActivityDependencies) {
  return (run: Run, number: number, cursor?: string): Promise<Page> =>
    withFailureTypes(() => {
      let listed = 0;
      return withHeartbeat(
        async (signal) => {
          const realRoot = await confine(run.root, deps.roots);
          const { entries, next } = await takePage(walk(realRoot, cursor), run, signal, () => (listed += 1));
          const planned = planCopies(entries, run, number, next === undefined);
          await deps.store.put(runLayout(run).page(number), planned.body, { signal });
          const files = entries.filter(isFile);
          return {
            number,
            copies: planned.copies,
            files: files.length,
            bytes: files.reduce((sum, entry) => sum + entry.size, 0),
            ...(next !== undefined && { cursor: next }),
          };
        },
        () => ({ listed }),
      );
    });
}

async function takePage(entries: AsyncIterable<PageEntry>, run: Run, signal: AbortSignal, onEntry: () => void) {
  const page: PageEntry[] = [];
  const packer = createPacker(run.options);
  for await (const entry of entries) {
    signal.throwIfAborted();
    const last = page.at(-1);
    // Only when one more entry is there is a next page worth asking for.
    if (last && (page.length >= run.options.pageEntries || packer.count() >= run.options.pageCopies)) {
      return { entries: page, next: entryKey(last) };
    }
    page.push(entry);
    if (isFile(entry)) packer.add(entry.size);
    onEntry();
  }
  return { entries: page, next: undefined };
}

function planCopies(entries: readonly PageEntry[], run: Run, page: number, whole: boolean) {
  const { options } = run;
  const small =
    whole && page === 0 && entries.filter(isFile).length <= Math.min(options.smallTreeFiles, options.pageCopies);
  const packer = createPacker(small ? { packFiles: 1, packBytes: 0 } : options);
  const copies: Copy[] = [];
  const lines: string[] = [];
  let offset = 0;
  for (const entry of entries) {
    const copy = isFile(entry) ? packer.add(entry.size) : undefined;
    const line = `${JSON.stringify(copy === undefined ? entry : { ...entry, copy })}\n`;
    const from = offset;
    offset += Buffer.byteLength(line);
    lines.push(line);
    if (copy !== undefined) copies[copy] = extend(copies[copy], entry, { page, number: copy, from, to: offset });
  }
  return { copies, body: Buffer.from(lines.join('')) };
}

function extend(copy: Copy | undefined, entry: PageEntry, line: Pick<Copy, 'page' | 'number' | 'from' | 'to'>): Copy {
  if (copy === undefined)
    return { ...line, files: 1, bytes: entry.size, label: displayPath(entry.path).slice(0, labelLength) };
  const { label: _, ...rest } = copy;
  return { ...rest, to: line.to, files: copy.files + 1, bytes: copy.bytes + entry.size };
}

function isFile(entry: PageEntry): boolean {
  return entry.kind === 'file' && entry.error === undefined;
}
