import type { FileHandle } from 'node:fs/promises';
import { comparePaths } from '../../contracts/encoded-path.ts';
import { readBlock } from '../read-block.ts';

/** A sorted part of keys in a file, one in each line: an encoded name holds no line break. */
export interface SortedRun {
  readonly blocks: readonly Block[];
  /** Where it ends in the file, exclusive. */
  readonly end: number;
}

/** What is read at once. */
interface Block {
  readonly first: string;
  readonly offset: number;
}

// Some hundred names. A merge holds one block of each run.
const blockLength = 16 * 1024;

/** Writes sorted keys from `start` on. */
export async function writeRun(file: FileHandle, start: number, keys: readonly string[]): Promise<SortedRun> {
  const blocks: Block[] = [];
  const parts: Buffer[] = [];
  let end = start;
  for (let next = 0; next < keys.length;) {
    const first = keys[next] ?? '';
    let text = '';
    for (; next < keys.length && text.length < blockLength; next += 1) text += `${keys[next]}\n`;
    const part = Buffer.from(text);
    blocks.push({ first, offset: end });
    parts.push(part);
    end += part.length;
  }
  await writeWhole(file, Buffer.concat(parts), start);
  return { blocks, end };
}

/** Reads the keys of a run that are not before `first`. */
export async function* readRun(
  file: FileHandle,
  { blocks, end }: SortedRun,
  first: string,
): AsyncGenerator<readonly string[], void> {
  const begin = Math.max(
    0,
    blocks.findLastIndex((block) => comparePaths(block.first, first) <= 0),
  );
  for (const [i, { offset }] of blocks.entries()) {
    if (i < begin) continue;
    const block = await readBlock(file, offset, (blocks[i + 1]?.offset ?? end) - offset);
    const keys = block.toString().split('\n').slice(0, -1);
    const rest = i === begin ? keys.filter((key) => comparePaths(key, first) >= 0) : keys;
    if (rest.length > 0) yield rest;
  }
}

async function writeWhole(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
  }
}
