import type { z } from 'zod';
import { isSealed, sealManifest } from './manifest-checksum.ts';

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
