import { z } from 'zod';

/** The body of the original sample's start: the directory alone. */
export const siteContentSchema = z.string().nullable().meta({
  description: "Absolute path of the directory on the worker's machine; null, empty or no body means the worker's own",
});
