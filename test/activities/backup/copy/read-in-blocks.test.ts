import { hash, randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createBlockReader, type Pass } from '../../../../src/activities/backup/copy/blocks/read-in-blocks.ts';
import { planBlocks, type BlockPlan } from '../../../../src/activities/backup/copy/blocks/plan-blocks.ts';
import { createMemoryBudget } from '../../../../src/activities/paged/memory-budget.ts';

const kibibyte = 1024;
const signal = new AbortController().signal;
const readInBlocks = createBlockReader();

test('blocks come in order with their MD5, and all of them with one SHA-256', async () => {
  const content = randomBytes(1000 * kibibyte + 7);
  const pass = await start(content, { wantsMd5: () => true });
  const blocks = await readAll(pass);
  expect(Buffer.concat(blocks.map(({ bytes }) => bytes))).toEqual(content);
  expect(blocks.map(({ md5 }) => md5)).toEqual(blocks.map(({ bytes }) => hash('md5', bytes, 'base64')));
  await expect(pass.sha256()).resolves.toBe(hash('sha256', content));
});

test('passes side by side do not mix, and share memory that fewer blocks fit into than there are', async () => {
  const memory = createMemoryBudget(3 * 64 * kibibyte);
  const contents = Array.from({ length: 8 }, () => randomBytes(300 * kibibyte));
  const sums = await Promise.all(
    contents.map(async (content) => {
      const pass = await start(content, { memory });
      await readAll(pass);
      return pass.sha256();
    }),
  );
  expect(sums).toEqual(contents.map((content) => hash('sha256', content)));
});

test('a file that ends early ends the pass with a short block', async () => {
  const { path, descriptor, plan } = await file(randomBytes(300 * kibibyte));
  await truncate(path, 100 * kibibyte);
  const lengths = (await readAll(begin(descriptor, plan))).map(({ bytes }) => bytes.length);
  expect(lengths).toEqual([64 * kibibyte, 36 * kibibyte]);
});

test('a descriptor that cannot be read is the error of the system, and gives its memory back', async () => {
  const memory = createMemoryBudget(64 * kibibyte);
  const { plan } = await file(randomBytes(100 * kibibyte));
  const directory = await open(tmpdir());
  onTestFinished(() => directory.close());
  await expect(readAll(begin(directory.fd, plan, { memory }))).rejects.toMatchObject({
    code: 'EISDIR',
    syscall: 'read',
  });
  (await memory.take(64 * kibibyte, signal))();
});

test('an abort ends the wait for memory', async () => {
  const memory = createMemoryBudget(64 * kibibyte);
  const release = await memory.take(64 * kibibyte, signal);
  onTestFinished(release);
  const { descriptor, plan } = await file(randomBytes(100 * kibibyte));
  const reason = new Error('enough');
  const read = readAll(begin(descriptor, plan, { memory, signal: AbortSignal.abort(reason) }));
  await expect(read).rejects.toBe(reason);
});

type Options = Partial<Parameters<typeof readInBlocks>[2]>;

async function start(content: Buffer, options: Options): Promise<Pass> {
  const { descriptor, plan } = await file(content);
  return begin(descriptor, plan, options);
}

function begin(descriptor: number, plan: BlockPlan, options: Options = {}): Pass {
  const pass = readInBlocks(descriptor, plan, {
    memory: createMemoryBudget(kibibyte ** 3),
    signal,
    wantsMd5: () => false,
    ...options,
  });
  onTestFinished(pass.close);
  return pass;
}

/** The blocks, copied before their memory is used again. */
async function readAll(pass: Pass) {
  const blocks: { readonly bytes: Buffer; readonly md5: string | undefined }[] = [];
  for await (const { bytes, md5, release } of pass.blocks) {
    blocks.push({ bytes: Buffer.from(bytes), md5 });
    release();
  }
  return blocks;
}

/** A file to read, planned in blocks of 64 KiB. */
async function file(content: Buffer): Promise<{ path: string; descriptor: number; plan: BlockPlan }> {
  const directory = await mkdtemp(join(tmpdir(), 'durable-backup-blocks-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'file');
  await writeFile(path, content);
  const handle = await open(path);
  onTestFinished(() => handle.close());
  const blockSize = 64 * kibibyte;
  const { length: size } = content;
  const usual = planBlocks('file', { size, mtimeNs: '0', ctimeNs: '0', mode: 0 });
  const lengthOf = (index: number) => Math.min(blockSize, size - index * blockSize);
  return {
    path,
    descriptor: handle.fd,
    plan: { ...usual, count: Math.ceil(size / blockSize), blockSize, lengthOf },
  };
}
