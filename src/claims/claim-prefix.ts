import { z } from 'zod';
import { ExpectedError, failureTypes } from '../contracts/failures.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { ownerBlob } from '../storage/run-layout.ts';
import { claim, readClaim } from './claim.ts';

const schema = z.object({ format: z.number(), host: z.string(), since: z.string() });

type Owner = z.infer<typeof schema>;

/** Who wants to write below a prefix. */
export interface PrefixClaim {
  readonly prefix: string;
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
  readonly takeOver: boolean;
}

/**
 * Makes a host the owner of a prefix: two machines that write to the same names would take each other's files for old versions of
 * their own. Throws `OwnedByAnother` when another host is, unless it is to be taken over.
 */
export async function claimPrefix(
  store: BlobStore,
  { prefix, host, since, takeOver }: PrefixClaim,
  signal: AbortSignal,
): Promise<void> {
  const mine: Owner = { format: 1, host, since };
  await claim({ store, blob: ownerBlob(prefix), schema, signal }, mine, (theirs) => {
    if (theirs?.host === host) return false;
    if (takeOver) return true;
    throw ownedByAnother(store.container, prefix, theirs);
  });
}

/** Throws `OwnedByAnother` when the prefix belongs to another host; one that belongs to nobody is as good as this host's. */
export async function requireOwner(
  store: BlobStore,
  { prefix, host }: Pick<PrefixClaim, 'prefix' | 'host'>,
  signal: AbortSignal,
): Promise<void> {
  const owner = await readClaim({ store, blob: ownerBlob(prefix), schema, signal });
  if (owner !== undefined && owner.value?.host !== host) throw ownedByAnother(store.container, prefix, owner.value);
}

function ownedByAnother(container: string, prefix: string, owner: Owner | undefined): ExpectedError {
  const place = prefix === '' ? `container ${container}` : `prefix ${prefix} of container ${container}`;
  const who = owner
    ? `host ${owner.host}, since ${owner.since}`
    : `a host whose mark cannot be read (${ownerBlob(prefix)})`;
  const same = owner ? ` If this is the same machine under another name, set BACKUP_HOST=${owner.host}.` : '';
  return new ExpectedError(
    failureTypes.ownedByAnother,
    `The ${place} belongs to ${who}: give this host a BACKUP_PREFIX of its own, or take it over with --take-over ("takeOver": true in the input).${same}`,
  );
}
