import { isBlobStoreError, type BlobProperties, type Precondition } from '../../../storage/blob-store.ts';
import type { Stored, Target } from './target.ts';

// Each round is another writer's doing; after these the activity's own retry takes over.
const rounds = 3;

interface Content {
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
}

/** The blob as it was seen, or as the base run left it. */
type Sight = Pick<BlobProperties, 'etag'> & Partial<BlobProperties>;

/**
 * Makes the blob hold content of this size and SHA-256: leaves it when it does already (since the base run, or by an earlier attempt
 * whose answer got lost), keeps a snapshot of other content before it is overwritten, and never overwrites what it has not seen.
 */
export async function storeContent(
  target: Target,
  content: Content,
  write: (precondition: Precondition) => Promise<string>,
): Promise<Stored> {
  const { store, name, signal } = target;
  const unchanged = heldBy(target, content);
  if (unchanged) return unchanged;
  const sight = await see(target);
  const held = heldBy(target, content, sight);
  if (held) return held;
  for (let found = sight, round = 1; ; round += 1) {
    expectAlike(target, found);
    try {
      return await overwrite(target, content, found, write);
    } catch (error) {
      if (!isAnother(error, found) || round >= rounds) throw error;
      found = await store.properties(name, signal);
      if (found && isNew(found, sight) && mayAdopt(target, found, content)) return adopted(found, content);
    }
  }
}

// What was written since the blob was first seen says of itself what is true, also where that was not believed before.
function isNew(found: Sight, first: Sight | undefined): boolean {
  return found.etag !== first?.etag;
}

async function overwrite(
  { store, name, signal }: Target,
  { sha256 }: Content,
  seen: Sight | undefined,
  write: (precondition: Precondition) => Promise<string>,
): Promise<Stored> {
  if (seen) await store.snapshot(name, seen.etag, signal);
  const etag = await write(seen ? { etag: seen.etag } : { absent: true });
  return { outcome: 'uploaded', etag, sha256 };
}

/** How storage holds the content already, going by the base run and by what was seen of the blob; undefined when it does not. */
export function heldBy(target: Target, content: Content, sight?: Sight): Stored | undefined {
  const { before, lookUp } = target;
  const same = before?.size === content.size && before.sha256 === content.sha256;
  if (same && (!lookUp || sight?.etag === before.etag))
    return { outcome: 'unchanged', etag: before.etag, sha256: content.sha256 };
  if (lookUp || sight === undefined) return undefined;
  return mayAdopt(target, sight, content) ? adopted(sight, content) : undefined;
}

/** Whether {@link heldBy} may find content of this size to be held. */
export function mayBeHeld({ before, lookUp }: Target, size: number, sight?: Sight): boolean {
  return before?.size === size || (!lookUp && sight?.size === size && sight.metadata?.['sha256'] !== undefined);
}

/** Looks at the blob where it is worth a request; a write says what it expects and finds out for itself otherwise. */
export async function see({ store, name, signal, before, lookUp, expectation }: Target): Promise<Sight | undefined> {
  if (lookUp || expectation.exists) return store.properties(name, signal);
  return before && { etag: before.etag };
}

// Where the base run knows a file, whether its blob exists says nothing of the files around it that are new.
function expectAlike({ before, expectation }: Target, found: Sight | undefined): void {
  if (before === undefined) expectation.exists = found !== undefined;
}

/** Whether a write failed because the blob is not what was seen: another one, or none any more. */
function isAnother(error: unknown, seen: Sight | undefined): boolean {
  return isBlobStoreError(error, 'precondition-failed') || (seen !== undefined && isBlobStoreError(error, 'not-found'));
}

// What an earlier attempt wrote is the run's own.
function mayAdopt({ ownOnly, writer }: Target, blob: Sight, content: Content): boolean {
  const isTrusted = !ownOnly || blob.metadata?.['run'] === writer;
  return isTrusted && blob.size === content.size && blob.metadata?.['sha256'] === content.sha256;
}

function adopted({ etag }: Sight, { sha256 }: Content): Stored {
  return { outcome: 'adopted', etag, sha256 };
}
