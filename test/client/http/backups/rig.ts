import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { LedgerRow } from '../../../../src/history/views/read-report-rows.ts';
import type { BackupSummary } from '../../../../src/contracts/backup.ts';
import { containerClient } from '../../../support/stored-run.ts';
import { writeTree } from '../../../support/tree.ts';
import { locationOf, postJson, startApi, untilEnded, type Api, type StatusBody } from '../harness.ts';

/** An API, and a directory below its root that holds two files. */
export async function startApiWithSource(): Promise<{ api: Api; source: string }> {
  const api = await startApi();
  const source = join(api.root, 'source');
  await mkdir(source);
  await writeTree(source, { 'a.txt': 10, 'd/b.txt': 20 });
  return { api, source };
}

/** Sends what starts something and follows it to its end. */
export async function follow(url: string, body: unknown, headers: Record<string, string> = {}): Promise<StatusBody> {
  const started = await postJson(url, JSON.stringify(body), headers);
  expect([started.status, started.status === 202 ? '' : await started.text()]).toEqual([202, '']);
  return (await untilEnded(locationOf(started))).body;
}

/** Backs up the API's root, or what is below it, and returns the summary. */
export async function backUp(api: Api, more: object = {}): Promise<BackupSummary> {
  const { runtimeStatus, output } = await follow(`${api.url}/api/backups`, { root: api.root, ...more });
  expect(runtimeStatus).toBe('Completed');
  return output as BackupSummary;
}

export async function rowsOf<R = LedgerRow>(response: Response): Promise<R[]> {
  const lines = (await response.text()).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as R);
}

/** An error's status and text. */
export async function problemOf(response: Response): Promise<{ status: number; detail: string }> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/u);
  const { status, detail } = (await response.json()) as { status: number; detail: string };
  expect(status).toBe(response.status);
  return { status, detail };
}

/** A blob of the API's container, straight from the service. */
export function blobOf({ config }: Api, name: string) {
  return containerClient(config.container).getBlockBlobClient(name);
}
