import { createHash } from 'node:crypto';
import type { z } from 'zod';

/** Completes a manifest, or a report, with its checksum. */
export function sealManifest<T extends object>(manifest: T): T & { readonly checksum: string } {
  return { ...manifest, checksum: checksumOf(manifest) };
}

/** Whether a manifest as it was read, fields that this version does not know included, is what its checksum was made of. */
export function isSealed({ checksum, ...manifest }: Readonly<Record<string, unknown>>): boolean {
  return checksum === checksumOf(manifest);
}

// Reading JSON keeps the order of the fields, so what was written and what is read make the same text.
function checksumOf(manifest: object): string {
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
}

/** A small blob that is read whole, with its checksum. */
export function sealedJson(value: object): Buffer {
  return Buffer.from(`${JSON.stringify(sealManifest(value))}\n`);
}

/** What it holds; undefined when it is damaged, or nothing that a version of this project wrote. Earlier ones wrote no checksum. */
export function parseSealed<T>(schema: z.ZodType<T>, bytes: Buffer): T | undefined {
  try {
    const value = Object(JSON.parse(bytes.toString())) as Record<string, unknown>;
    return 'checksum' in value && !isSealed(value) ? undefined : schema.safeParse(value).data;
  } catch {
    return undefined;
  }
}
