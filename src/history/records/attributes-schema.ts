import { z } from 'zod';

const nanoseconds = z.string().regex(/^-?\d{1,30}$/u);

/** What a backup may have noted of a path's attributes. */
export const attributesSchema = z.object({
  size: z.int().min(0),
  mtimeNs: nanoseconds,
  ctimeNs: nanoseconds,
  mode: z.int().min(0).max(0o7777),
});
