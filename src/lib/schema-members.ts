import { z } from 'zod';

type Members = Readonly<Record<string, z.core.$ZodType>>;

/** The members of an object's schema, or of the one at a path in it; none of what is no object. */
export function membersOf(schema: z.core.$ZodType | undefined, path: readonly PropertyKey[] = []): Members {
  const found = path.reduce<z.core.$ZodType | undefined>((outer, step) => within(outer, step), schema);
  const inner = bare(found);
  return inner instanceof z.ZodObject ? inner.shape : {};
}

function within(schema: z.core.$ZodType | undefined, step: PropertyKey): z.core.$ZodType | undefined {
  const outer = bare(schema);
  if (outer instanceof z.ZodObject) return outer.shape[String(step)] as z.core.$ZodType | undefined;
  if (outer instanceof z.ZodRecord) return outer.valueType;
  return outer instanceof z.ZodArray ? outer.element : undefined;
}

/** The schema itself, where one only says that the value may be absent, or what is made of it. */
function bare(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional || schema instanceof z.ZodDefault) {
    return bare(schema.unwrap());
  }
  return schema instanceof z.ZodPipe ? bare(schema.in) : schema;
}
