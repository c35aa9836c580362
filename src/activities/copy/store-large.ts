import { createHash, type Hash } from 'node:crypto';
import type { FileAttributes } from '../../shared/manifest.ts';
import { BlobStoreError } from '../../storage/blob-store.ts';
import { eachConcurrently } from '../../shared/each-concurrently.ts';
import type { OpenedFile } from './blocking-file.ts';
import { planBlocks, type BlockPlan } from './plan-blocks.ts';
import { readBlock } from './read-block.ts';
import { heldStill } from './file-state.ts';
import { heldBy, mayBeHeld, see, storeContent } from './store-content.ts';
import { metadataOf, type Stored, type Target } from './target.ts';

const blocksAtOnce = 4;

/**
 * Stores a file in blocks. Block ids come from the file's identity, so an attempt after a crash stages only the blocks that are
 * not in storage yet. `changed` means that the file did not hold still, and no blob was made of it.
 */
export async function storeLarge(
  file: OpenedFile,
  attributes: FileAttributes,
  target: Target,
): Promise<Stored | 'changed'> {
  const { store, name, signal } = target;
  const plan = planBlocks(target.path, attributes);
  // A small file's write finds out what is there; for a large one that would be late.
  const sight = target.before ? await see(target) : await store.properties(name, signal);
  if (mayBeHeld(target, attributes.size, sight)) {
    // Reading the file once more is cheaper than sending it again.
    const sha256 = await readWhole(file, plan, target, () => Promise.resolve());
    if (sha256 === undefined || !(await heldStill(file, attributes))) return 'changed';
    const held = heldBy(target, { size: attributes.size, sha256 }, sight);
    if (held) return held;
  }

  const staged = await store.stagedBlocks(name, signal);
  const sha256 = await readWhole(file, plan, target, async (index, block) => {
    const id = plan.id(index);
    if (staged.get(id) !== block.length) await store.stageBlock(name, id, block, signal);
    target.onBytes(block.length);
  });
  if (sha256 === undefined || !(await heldStill(file, attributes))) return 'changed';
  const ids = Array.from({ length: plan.count }, (_, index) => plan.id(index));
  const stored = await storeContent(target, { size: attributes.size, sha256 }, (precondition) =>
    store.commitBlocks(name, ids, { signal, precondition, metadata: metadataOf(attributes, sha256) }),
  );
  await checkCommitted(attributes.size, target);
  return stored;
}

/** Reads and hashes the file in order while blocks are handed on side by side. Undefined when the file ends early. */
async function readWhole(
  file: OpenedFile,
  plan: BlockPlan,
  target: Target,
  onBlock: (index: number, block: Buffer) => Promise<void>,
): Promise<string | undefined> {
  const hash = createHash('sha256');
  let read = 0;
  await eachConcurrently(readBlocks(file, plan, target, hash), blocksAtOnce, async ({ block, release }, index) => {
    try {
      read += block.length;
      await onBlock(index, block);
    } finally {
      release();
    }
  });
  return read === plan.size ? hash.digest('hex') : undefined;
}

async function* readBlocks(file: OpenedFile, plan: BlockPlan, target: Target, hash: Hash) {
  for (let index = 0; index < plan.count; index += 1) {
    target.signal.throwIfAborted();
    const length = plan.lengthOf(index);
    // Taken before the block is read: what waits to be sent counts too.
    const release = await target.memory.take(length, target.signal);
    let block: Buffer;
    try {
      block = await readBlock(file, index * plan.blockSize, length);
    } catch (error) {
      release();
      throw error;
    }
    hash.update(block);
    yield { block, release };
    if (block.length < length) return;
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
