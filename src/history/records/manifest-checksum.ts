import { createHash } from 'node:crypto';

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
