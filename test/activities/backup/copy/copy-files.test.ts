import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chmod, stat } from 'node:fs/promises';
import { expect, inject, onTestFinished, test } from 'vitest';
import { decodePath } from '../../../../src/contracts/encoded-path.ts';
import type { FileOutcome } from '../../../../src/contracts/manifest.ts';
import { runLayout } from '../../../../src/storage/run-layout.ts';
import { runAsNobody } from '../../../support/as-nobody.ts';
import { content, writeTree } from '../../../support/tree.ts';
import {
  backUp,
  blobBytes,
  blobNames,
  bytesSent,
  copyAll,
  listAll,
  mebibyte,
  nameOf,
  openRig,
  perform,
  type Rig,
} from '../../rig.ts';

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Outcome and reason of each path. */
function brief(outcomes: ReadonlyMap<string, FileOutcome>): Record<string, string> {
  return Object.fromEntries(
    [...outcomes].map(([path, { outcome, reason }]) => [
      path,
      reason === undefined ? outcome : `${outcome}: ${reason}`,
    ]),
  );
}

/** Forgets what the copies of the first page came to, as when the worker dies before it writes that down. */
async function forgetOutcomes({ container, run }: Rig): Promise<void> {
  for await (const { name } of container.listBlobsFlat({ prefix: runLayout(run).outcomes(0) }))
    await container.deleteBlob(name);
}

test('files of every size around the borders come out byte for byte, with their attributes', async () => {
  const rig = await openRig();
  const sizes = [0, 1, 8 * mebibyte - 1, 8 * mebibyte, 8 * mebibyte + 1, 16 * mebibyte, 16 * mebibyte + 1];
  await writeTree(rig.root, Object.fromEntries(sizes.map((size) => [`size-${size}`, size])));
  await chmod(join(rig.root, 'size-1'), 0o4710);
  const outcomes = await backUp(rig);
  expect(outcomes.size).toBe(sizes.length);
  for (const [i, size] of sizes.entries()) {
    const path = `size-${size}`;
    const bytes = content(size, i);
    const name = nameOf(rig, path);
    expect((await blobBytes(rig, name)).equals(bytes)).toBe(true);
    const { etag, metadata } = await rig.container.getBlobClient(name).getProperties();
    const { mtimeNs, ctimeNs, mode } = await stat(join(rig.root, path), { bigint: true });
    const attributes = { size, mtimeNs: String(mtimeNs), ctimeNs: String(ctimeNs), mode: Number(mode & 0o7777n) };
    expect(outcomes.get(path)).toEqual({
      path,
      ...attributes,
      outcome: 'uploaded',
      blob: name,
      etag,
      sha256: sha256(bytes),
      attempts: 1,
    });
    const octal = size === 1 ? '4710' : '0644';
    expect(metadata).toEqual({ sha256: sha256(bytes), mtime: String(mtimeNs), mode: octal, run: rig.run.id });
  }
});

test('names that are odd or no text at all are opened as they are and stored under their encoded names', async () => {
  const rig = await openRig();
  const names = ['50%', 'a\\b', 'a?b#c', ' x ', 'dot.', 'new\nline', 'é', 'e\u0301', '😀'].map((name) =>
    Buffer.from(name),
  );
  names.push(Buffer.from('ff61', 'hex'), Buffer.from('c328', 'hex'));
  for (const name of names) await writeFile(Buffer.concat([Buffer.from(`${rig.root}/`), name]), name);
  const outcomes = await backUp(rig);
  expect([...outcomes.values()].filter(({ outcome }) => outcome === 'uploaded')).toHaveLength(names.length);
  for (const [path, { blob = '' }] of outcomes) expect(await blobBytes(rig, blob)).toEqual(decodePath(path));
});

test('an attempt after a crash adopts what is stored and sends nothing again', async () => {
  const rig = await openRig({ smallTreeFiles: 0 });
  await writeTree(rig.root, { a: 1000, b: 0, large: 9 * mebibyte });
  const pages = await listAll(rig);
  const first = await copyAll(rig, pages);
  await forgetOutcomes(rig);
  const from = rig.proxy.requests.length;
  const second = await copyAll(rig, pages, 2);
  expect(brief(second)).toEqual({ a: 'adopted', b: 'adopted', large: 'adopted' });
  for (const [path, { etag }] of second) expect(etag).toBe(first.get(path)?.etag);
  expect(bytesSent(rig, from)).toBe(0);
});

test('an attempt whose outcomes are written already gives the same result and looks at no file', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1000 });
  const [copy] = (await listAll(rig)).flatMap(({ copies }) => copies);
  if (!copy) throw new Error('nothing to copy');
  const first = await perform(rig.activities.copyFiles, [rig.run, copy]);
  await rm(join(rig.root, 'a'));
  const result = { files: 1, bytes: 1000, failed: 0 };
  expect(first).toEqual({ ...result, transferred: 1000 });
  expect(await perform(rig.activities.copyFiles, [rig.run, copy], { attempt: 2 })).toEqual(result);
});

test('content that is there from an earlier run is adopted', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1000, large: 9 * mebibyte });
  await backUp(rig);
  const next = { ...rig, run: { ...rig.run, id: '20260103T030405Z-0123abcd' } };
  expect(brief(await backUp(next))).toEqual({ a: 'adopted', large: 'adopted' });
});

test('other content is kept as a snapshot before it is overwritten', async () => {
  const rig = await openRig();
  const sizes = { a: 1000, large: 9 * mebibyte };
  await writeTree(rig.root, sizes);
  await backUp(rig);
  await writeTree(rig.root, { large: sizes.large, a: sizes.a });
  const next = { ...rig, run: { ...rig.run, id: '20260103T030405Z-0123abcd' } };
  expect(brief(await backUp(next))).toEqual({ a: 'uploaded', large: 'uploaded' });
  for (const [i, [path, size]] of Object.entries(sizes).entries()) {
    const prefix = nameOf(rig, path);
    const kept = await Array.fromAsync(rig.container.listBlobsFlat({ prefix, includeSnapshots: true }));
    expect(kept.map(({ name }) => name)).toEqual([prefix, prefix]);
    const blob = rig.container.getBlobClient(prefix);
    const snapshot = blob.withSnapshot(kept.find(({ snapshot: id }) => id)?.snapshot ?? '');
    expect((await snapshot.downloadToBuffer()).equals(content(size, i))).toBe(true);
    expect((await blob.downloadToBuffer()).equals(content(size, 1 - i))).toBe(true);
  }
});

test('what vanished or became something else after it was listed is skipped, and never followed or waited for', async () => {
  const rig = await openRig({ smallTreeFiles: 0 });
  await writeTree(rig.root, { 'd/in': 1, directory: 1, fifo: 1, gone: 1, link: 1, stays: 1 });
  const pages = await listAll(rig);
  await Promise.all(
    ['d', 'directory', 'fifo', 'gone', 'link'].map((name) => rm(join(rig.root, name), { recursive: true })),
  );
  await writeFile(join(rig.root, 'd'), 'a file now');
  await mkdir(join(rig.root, 'directory'));
  execFileSync('mkfifo', [join(rig.root, 'fifo')]);
  await symlink('/etc/passwd', join(rig.root, 'link'));
  expect(brief(await copyAll(rig, pages))).toEqual({
    'd/in': 'skipped: vanished after it was listed',
    directory: 'skipped: no longer a regular file',
    fifo: 'skipped: no longer a regular file',
    gone: 'skipped: vanished after it was listed',
    link: 'skipped: no longer a regular file',
    stays: 'uploaded',
  });
  expect(await blobNames(rig)).toEqual([nameOf(rig, 'stays')]);
});

test('a directory that was replaced by a symlink out of the root is not followed', async () => {
  const rig = await openRig({ smallTreeFiles: 0 });
  const outside = await openRig();
  await writeTree(rig.root, { 'a, b/secret': 1, ok: 1 });
  await writeTree(outside.root, { secret: 100 });
  const pages = await listAll(rig);
  await rename(join(rig.root, 'a, b'), join(rig.root, 'moved'));
  await symlink(outside.root, join(rig.root, 'a, b'));
  expect(brief(await copyAll(rig, pages))).toEqual({
    'a, b/secret': `failed: ${rig.root}/a, b now leads out of the directory being backed up`,
    ok: 'uploaded',
  });
  expect(await blobNames(rig)).toEqual([nameOf(rig, 'ok')]);
});

test('a file that may not be read is a failure with its reason, and the others are stored', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { closed: 1, open: 2 });
  await chmod(rig.root, 0o755);
  await chmod(join(rig.root, 'closed'), 0o000);
  onTestFinished(() => chmod(join(rig.root, 'closed'), 0o600));
  const program = new URL('../../activities-process.ts', import.meta.url);
  const printed = await runAsNobody(program, inject('connectionString'), rig.container.containerName, rig.root);
  expect(JSON.parse(printed)).toMatchObject({
    tally: { files: 1, bytes: 2, failed: 1 },
    failures: [{ path: 'closed', outcome: 'failed', reason: 'EACCES: permission denied' }],
  });
  expect(await blobNames(rig)).toEqual([nameOf(rig, 'open')]);
});

test('a root that leads outside by now is refused', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { 'site/a': 1 });
  const root = join(rig.root, 'site');
  const { copies } = await perform(rig.activities.listFiles, [{ ...rig.run, root }, 0]);
  await rm(root, { recursive: true });
  await symlink('/etc', root);
  for (const copy of copies) {
    const copying = perform(rig.activities.copyFiles, [{ ...rig.run, root }, copy]);
    await expect(copying).rejects.toMatchObject({ type: 'RootNotAllowed', nonRetryable: true });
  }
  expect(await blobNames(rig)).toEqual([]);
});
