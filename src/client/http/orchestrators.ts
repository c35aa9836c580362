import { defaultBackupOptions, workflowNames } from '../../shared/contract.ts';
import { checkRoot } from './check-root.ts';
import { matchNames } from './match-names.ts';
import { readOrderBatch } from './read-order-batch.ts';
import { HttpProblem } from './problem.ts';
import { backupInputSchema, siteContentSchema, toBackupInput } from './schemas/backup-input.ts';
import type { z } from 'zod';

/** What a caller may start. */
export interface Orchestrator {
  readonly name: string;
  /** Most bytes of a body. */
  readonly maxBody: number;
  /** What a body should be, for those who sent another. */
  readonly hint: string;
  /** Checks the body's value, undefined when it was empty. Throws an {@link HttpProblem} that says what is wrong with it. */
  readonly read: (value: unknown, backupRoots: readonly string[]) => Promise<Start>;
}

interface Start {
  readonly args: readonly unknown[];
  /** Shown in Temporal's Web UI. */
  readonly summary: string;
}

const KiB = 1024;

const batch: Omit<Orchestrator, 'name'> = {
  maxBody: 2048 * KiB,
  hint: 'send an array of items, such as [{"sku":"A-1","quantity":3}]',
  read: async (value) => {
    const items = readOrderBatch(value);
    return { args: [items], summary: `Process ${items.length} order items` };
  },
};

export const processBatch: Orchestrator = { name: workflowNames.processBatch, ...batch };

const orchestrators: readonly Orchestrator[] = [
  {
    name: workflowNames.backupSiteContent,
    maxBody: 64 * KiB,
    hint: 'send a JSON string with its quotes, such as "/srv/site"',
    read: async (value, backupRoots) => {
      // As the caller sent it, for the status shows it again; the workflow trims it too.
      const input = check(
        siteContentSchema,
        value ?? null,
        'a JSON string that names a directory, such as "/srv/site"',
      );
      const root = (input ?? '').trim();
      await checkRoot(root, backupRoots);
      return { args: [input], summary: summaryOf(root) };
    },
  },
  {
    name: workflowNames.backup,
    maxBody: 64 * KiB,
    hint: 'send an object, such as {"root":"/srv/site"}',
    read: async (value, backupRoots) => {
      const input = toBackupInput(check(backupInputSchema, withNames(value ?? { root: '' }), 'a backup'));
      await checkRoot(input.root, backupRoots);
      return { args: [input], summary: summaryOf(input.root) };
    },
  },
  processBatch,
  { name: workflowNames.processBatchOrchestrator, ...batch },
];

/** The names match without case, as Azure Functions matches its functions. Throws a 400 {@link HttpProblem} when there is none. */
export function findOrchestrator(name: string): Orchestrator {
  const found = orchestrators.find((known) => known.name.toLowerCase() === name.toLowerCase());
  if (found) return found;
  const known = orchestrators.map(({ name }) => name).join(', ');
  throw new HttpProblem(400, `The orchestrator ${JSON.stringify(name)} does not exist; there is ${known}`);
}

function summaryOf(root: string): string {
  return `Back up ${root === '' ? 'the working directory' : root}`;
}

function withNames(value: unknown): unknown {
  const input = matchNames(value, ['root', 'options']);
  if (typeof input !== 'object' || input === null || !('options' in input)) return input;
  return { ...input, options: matchNames(input.options, Object.keys(defaultBackupOptions)) };
}

function check<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const wrong = error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new HttpProblem(400, `The body must be ${what}: ${wrong.join('; ')}`);
}
