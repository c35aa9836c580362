import { z } from 'zod';
import { sourcesSchema } from './source-schema.ts';

/** The JSON Schema of the sources file as it is written, by which editors complete and check it. */
export function sourcesJsonSchema(): object {
  return z.toJSONSchema(sourcesSchema, { io: 'input' });
}
