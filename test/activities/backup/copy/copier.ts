import { createBlockReader } from '../../../../src/activities/backup/copy/blocks/read-in-blocks.ts';
import {
  createFileCopier,
  type CopyContext,
  type FileCopier,
} from '../../../../src/activities/backup/copy/copy-file.ts';
import type { PageEntry } from '../../../../src/contracts/manifest.ts';
import type { Rig } from '../../rig.ts';

/** Copies files of a rig's tree, one by one, by a way of opening them that a test chooses. */
export function copierOf(rig: Rig, more: Pick<CopyContext, 'openFile'> & Partial<CopyContext>): FileCopier {
  return createFileCopier({
    ...rig.deps,
    run: rig.run,
    realRoot: rig.root,
    allowed: [Buffer.from(rig.root)],
    signal: new AbortController().signal,
    checkDirectory: () => Promise.resolve(),
    fileSystemOf: () => Promise.resolve('local'),
    readInBlocks: createBlockReader(),
    mayExist: false,
    onBytes: () => undefined,
    ...more,
  });
}

/** A small file as it was listed. */
export const entryOf = (path: string): PageEntry => ({
  path,
  kind: 'file',
  size: 10,
  mtimeNs: '0',
  ctimeNs: '0',
  mode: 0o644,
});
