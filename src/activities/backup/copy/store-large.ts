import { randomUUID } from 'node:crypto';
import type { FileAttributes } from '../../../contracts/manifest.ts';
import { BlobStoreError } from '../../../storage/blob-store.ts';
import { eachConcurrently } from '../../../lib/each-concurrently.ts';
import type { Block } from './blocks/read-in-blocks.ts';
import { type OpenedFile, readBlock } from '../../../files/open-file.ts';
import { planBlocks, type BlockPlan } from './blocks/plan-blocks.ts';
import { heldStill } from '../../../files/file-state.ts';
import { heldBy, mayBeHeld, see, storeContent } from './store-content.ts';
import { metadataOf, type SeenFile, type Stored, type Target } from './target.ts';

const blocksAtOnce = 4;
// Bytes that are asked for after the last; some files of /proc refuse to give less than several.
const pastEnd = 4096;
const nothing: Blocks = { wants: () => false, send: () => Promise.resolve() };

/**
 * Stores a file in blocks. Block ids come from the file's identity, so an attempt after a crash stages only the blocks that are
 * not in storage yet. `changed` means that the file did not hold still, and `misstated` that it did and yet has another length than `size`,
 * bytes; no blob was made of it then.
 */
export async function storeLarge(
  file: OpenedFile,
  { attributes, mayHideChange }: SeenFile,
  target: Target,
  size = attributes.size,
): Promise<Stored | 'changed' | 'misstated'> {
  const { store, name, signal } = target;
  const plan = planBlocks(target.path, { ...attributes, size }, mayHideChange ? randomUUID() : undefined);
  // A small file's write finds out what is there; for a large one that would be late.
  const sight = target.before ? await see(target) : await store.properties(name, signal);
  if (mayBeHeld(target, size, sight)) {
    // Reading the file once more is cheaper than sending it again.
    const { sha256, fault } = await readWhole(file, attributes, plan, target);
    if (fault) return fault;
    const held = heldBy(target, { size, sha256 }, sight);
    if (held) return held;
  }

  const staged = await store.stagedBlocks(name, signal);
  const isStaged = (index: number) => staged.get(plan.id(index)) === plan.lengthOf(index);
  const { sha256, fault } = await readWhole(file, attributes, plan, target, {
    wants: (index) => !isStaged(index),
    send: async ({ index, bytes, md5 }) => {
      if (md5 !== undefined) await store.stageBlock(name, plan.id(index), bytes, signal, md5);
      target.onBytes(bytes.length);
    },
  });
  if (fault) return fault;
  const ids = Array.from({ length: plan.count }, (_, index) => plan.id(index));
  const stored = await storeContent(target, { size, sha256 }, (precondition) =>
    store.commitBlocks(name, ids, { signal, precondition, metadata: metadataOf(attributes, sha256, target.writer) }),
  );
  await checkCommitted(size, target);
  return stored;
}

interface Blocks {
  /** Whether a block is to be sent. */
  readonly wants: (index: number) => boolean;
  /** Is given every block, with its MD5 where it is to be sent. */
  readonly send: (block: Block) => Promise<void>;
}

type Whole =
  | { readonly sha256: string; readonly fault?: undefined }
  | { readonly sha256?: undefined; readonly fault: 'changed' | 'misstated' };

/** Reads and hashes the file in order while blocks are handed on side by side. */
async function readWhole(
  file: OpenedFile,
  attributes: FileAttributes,
  plan: BlockPlan,
  { readInBlocks, memory, signal }: Target,
  { wants, send }: Blocks = nothing,
): Promise<Whole> {
  const pass = readInBlocks(file.fd, plan, { memory, signal, wantsMd5: wants });
  try {
    let read = 0;
    await eachConcurrently(pass.blocks, blocksAtOnce, async (block) => {
      try {
        read += block.bytes.length;
        await send(block);
      } finally {
        block.release();
      }
    });
    const isWhole = read === plan.size && (await readBlock(file, plan.size, pastEnd)).length === 0;
    if (!(await heldStill(file, attributes))) return { fault: 'changed' };
    return isWhole ? { sha256: await pass.sha256() } : { fault: 'misstated' };
  } finally {
    await pass.close();
  }
}

// The service checks each block on the way and nothing of the whole, so the whole is checked here.
async function checkCommitted(size: number, target: Target): Promise<void> {
  const committed = await target.store.properties(target.name, target.signal);
  if (committed?.size === size) return;
  throw new BlobStoreError(
    'unavailable',
    `${target.name} has ${committed?.size ?? 'no'} bytes after the commit of ${size}`,
  );
}
