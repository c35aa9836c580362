import { writeFile } from 'node:fs/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

/** Where saved histories lie: every later version of the workflows must still replay them. */
export const historiesDirectory = new URL('../workflows/histories/', import.meta.url);

/** Saves a finished execution under `name` when the tests run with `RECORD_HISTORIES=1`; otherwise does nothing. */
export async function recordHistory(handle: WorkflowHandle, name: string): Promise<void> {
  if (!process.env['RECORD_HISTORIES']) return;
  const history: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()));
  // Who recorded it, and where, is nobody's business and changes nothing in a replay.
  const text = JSON.stringify(history, (key, value: unknown) =>
    key === 'stackTrace' || key === 'identity' ? '' : value,
  );
  await writeFile(new URL(`${name}.json`, historiesDirectory), `${text}\n`);
}
