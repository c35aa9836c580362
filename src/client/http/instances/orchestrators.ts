import { workflowNames } from '../../../contracts/job.ts';
import { checkRoot } from '../check-root.ts';
import { readObject } from '../read-object.ts';
import { readOrderBatch } from './read-order-batch.ts';
import { HttpProblem } from '../problem.ts';
import { backupInputSchema, siteContentSchema, toBackupInput } from '../schemas/backup-input.ts';

/** What a caller may start. */
export interface Orchestrator {
  readonly name: string;
  /** Most bytes of a body; without it, what the configuration says of batches. */
  readonly maxBody?: number;
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
      const what = 'a JSON string that names a directory, such as "/srv/site"';
      const input = readObject(siteContentSchema, value ?? null, what);
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
      const input = toBackupInput(readObject(backupInputSchema, value ?? { root: '' }, 'a backup'));
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
