import { z } from 'zod';
import { maxBatchItems } from '../../../contracts/orders.ts';

const maxQuantity = 999_999_999;
const maxSkuLength = 1000;

const orderItemSchema = z
  .object({
    sku: z
      .string('must be a text')
      .min(1, 'must not be empty')
      .max(maxSkuLength, `must have at most ${maxSkuLength} characters`)
      .regex(/^\P{Cc}*$/u, 'must not hold control characters')
      .refine((sku) => sku.isWellFormed(), 'must be Unicode: it holds half a surrogate pair')
      .meta({ description: 'The article' }),
    quantity: z
      .int(`must be a whole number within ±${maxQuantity}`)
      .min(-maxQuantity, `must be a whole number within ±${maxQuantity}`)
      .max(maxQuantity, `must be a whole number within ±${maxQuantity}`)
      .meta({ description: 'Pieces; zero or less asks for nothing, and nothing is reserved' }),
  })
  .meta({ description: 'One line of an order' });

export const orderBatchSchema = z
  .array(orderItemSchema)
  .max(maxBatchItems, `has more than ${maxBatchItems} items: split it`)
  .meta({ description: 'An order batch. Names of properties match without case' });
