import { z } from 'zod';
import { systemFolder } from '../../contracts/blob-prefix.ts';
import { attributesSchema } from '../records/attributes-schema.ts';
import { decodePath, encodePath, encodeText } from '../../contracts/encoded-path.ts';
import {
  entryKinds,
  holdsContent,
  isContentOutcome,
  nameOfKind,
  outcomes,
  specialKinds,
  type ManifestEntry,
} from '../../contracts/manifest.ts';

const text = z.string();
const count = z.int().min(0);

const entrySchema = z.object({
  path: text,
  kind: z.enum(entryKinds),
  outcome: z.enum(outcomes),
  ...attributesSchema.shape,
  attempts: count,
  target: z.exactOptional(text),
  blob: z.exactOptional(text.min(1).max(1024)),
  etag: z.exactOptional(text.min(1)),
  sha256: z.exactOptional(text.regex(/^[0-9a-f]{64}$/u, 'must be 64 hexadecimal digits')),
  reason: z.exactOptional(text),
  busy: z.exactOptional(z.literal(true)),
  special: z.exactOptional(z.enum(specialKinds)),
  readAgain: z.exactOptional(z.literal(true)),
});

/**
 * Takes a line of a shard for what it claims to be only if a backup could have written it: whoever can write to the container must
 * not be able to make a restore write outside its target, or read blobs that are no file's content.
 */
export function checkEntry(line: unknown, prefix: string): { entry: ManifestEntry } | { wrong: string } {
  const { data: entry, error } = entrySchema.safeParse(line);
  if (error) {
    const [issue] = error.issues;
    return { wrong: `${issue?.path.join('.') || 'the line'}: ${issue?.message}` };
  }
  const wrong = pathFault(entry.path) ?? targetFault(entry) ?? contentFault(entry, prefix);
  return wrong === undefined ? { entry } : { wrong };
}

// Names of letters, digits and the like stand for themselves; of most paths that is all there is to check.
const plainPath = /^(?:[\w-](?:[\w.-]*[\w-])?(?:\/(?!$)|$))+$/u;

function pathFault(path: string): string | undefined {
  if (plainPath.test(path)) return undefined;
  if (!isCanonical(path, encodePath)) return `path: ${shown(path)} is not a path as it is encoded here`;
  const segments = decodePath(path).toString('latin1').split('/');
  if (segments.some((segment) => segment === '.' || segment === '..' || segment.includes('\0'))) {
    return `path: ${shown(path)} has a segment that no file has`;
  }
  return undefined;
}

function targetFault(entry: ManifestEntry): string | undefined {
  const { kind, outcome, target } = entry;
  if (target === undefined) return kind === 'symlink' && outcome === 'recorded' ? 'target: missing' : undefined;
  if (kind !== 'symlink') return `target: ${nameOfKind(entry)} has none`;
  const isTarget = target !== '' && isCanonical(target, encodeText) && !decodePath(target).includes(0);
  return isTarget ? undefined : `target: ${shown(target)} is nothing that a symlink can hold`;
}

function contentFault(entry: ManifestEntry, prefix: string): string | undefined {
  const { kind, outcome, blob } = entry;
  if (kind === 'file' && outcome === 'recorded') return 'outcome: a file has content, so it is not just recorded';
  if (!isContentOutcome(outcome)) return undefined;
  if (kind !== 'file') return `outcome: ${nameOfKind(entry)} has no content that could be ${outcome}`;
  if (!holdsContent(entry)) return `blob, etag and sha256: a file that was ${outcome} has them`;
  return isFileBlob(entry.blob, prefix)
    ? undefined
    : `blob: ${shown(blob ?? '')} is not the blob of a file of this run`;
}

const emptyOrDots = /(?:^|\/)\.{0,2}(?:\/|$)/u;

function isInSystemFolder(blob: string): boolean {
  return blob === systemFolder || blob.startsWith(`${systemFolder}/`);
}

function isFileBlob(blob: string, prefix: string): boolean {
  if (!blob.startsWith(prefix)) return false;
  const isOwn = isInSystemFolder(blob) || isInSystemFolder(blob.slice(prefix.length));
  return !isOwn && !emptyOrDots.test(blob.slice(prefix.length));
}

function isCanonical(encoded: string, encode: (bytes: Buffer) => string): boolean {
  try {
    return encode(decodePath(encoded)) === encoded;
  } catch {
    return false;
  }
}

function shown(value: string): string {
  return JSON.stringify(value.slice(0, 200));
}
