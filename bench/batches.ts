import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readUsage } from './against/process-usage.ts';
import { startApiProcess } from './api-process.ts';
import { BenchError } from './bench-error.ts';
import type { BenchOptions } from './bench-options.ts';
import type { Closing } from './closing.ts';
import { load, machine } from './machine.ts';
import { startProcess, type OwnProcess } from './own-process.ts';
import { printRows } from './print-rows.ts';
import { openScratch } from './scratch.ts';
import { openAzurite, openTemporal } from './servers.ts';
import { within } from './within.ts';

const batches = 400;
const itemsOfOne = 50;
const pollEvery = 1000;
const MiB = 1024 * 1024;

interface Rig {
  readonly url: string;
  readonly worker: OwnProcess;
  readonly api: OwnProcess;
}

interface Ended {
  readonly seconds: number;
  readonly turnedAway: number;
  readonly polls: number;
  /** Requests that Temporal was too slow for, and that were sent again. */
  readonly unavailable: number;
}

/**
 * Starts many order batches at once over HTTP and polls each until it has ended, with one worker, every process with its defaults and a
 * server whose database is on disk. A batch that ends otherwise than completed, or not within the limit, ends the bench.
 */
export async function benchBatches(closing: Closing, { rounds = 3, limit, json }: BenchOptions): Promise<void> {
  const results = [];
  for (let round = 0; round < rounds; round += 1) {
    const rig = await openRig(closing);
    const began = performance.now();
    const all = Promise.all(Array.from({ length: batches }, () => runBatch(rig.url)));
    const ended = await within(limit, 'the batches', Promise.race([all, rig.worker.failed, rig.api.failed]));
    const secondsOf = ended.map(({ seconds }) => seconds).toSorted((a, b) => a - b);
    const sum = (pick: (one: Ended) => number) => ended.reduce((total, one) => total + pick(one), 0);
    results.push({
      ended: ended.length,
      seconds: rounded((performance.now() - began) / 1000),
      'first to end, s': rounded(secondsOf[0] ?? 0),
      'starts turned away': sum(({ turnedAway }) => turnedAway),
      polls: sum(({ polls }) => polls),
      'answered 503': sum(({ unavailable }) => unavailable),
      'worker, peak MiB': peakOf(rig.worker),
      'API, peak MiB': peakOf(rig.api),
      load: load()[0] ?? 0,
    });
    await rig.api.stop();
    await rig.worker.stop();
  }
  const title = `${batches} order batches of ${itemsOfOne} items at once over HTTP, each polled every ${pollEvery} ms`;
  if (json) console.log(JSON.stringify({ title, machine: machine(), results }, undefined, 2));
  else {
    console.log(title);
    printRows([Object.keys(results[0] ?? {}), ...results.map((row) => Object.values(row).map(String))]);
  }
}

async function openRig(closing: Closing): Promise<Rig> {
  const directory = await openScratch(closing);
  const azurite = await openAzurite(closing, join(directory, 'storage'));
  const env = {
    TEMPORAL_ADDRESS: await openTemporal(closing, join(directory, 'temporal')),
    AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString ?? '',
    BACKUP_ROOTS: directory,
    DATA_DIR: join(directory, 'data'),
  };
  const entry = new URL('../src/main.ts', import.meta.url);
  const worker = await startProcess(closing, { entry, args: ['worker'], env }, /worker is running/u);
  const api = await startApiProcess(closing, env);
  return { url: api.url, api: api.process, worker };
}

async function runBatch(url: string): Promise<Ended> {
  const began = performance.now();
  const counts = { turnedAway: 0, polls: 0, unavailable: 0 };
  await untilCompleted(await startBatch(url, counts), counts);
  return { seconds: (performance.now() - began) / 1000, ...counts };
}

type Counts = { -readonly [K in keyof Omit<Ended, 'seconds'>]: number };

/** Where its status is. */
async function startBatch(url: string, counts: Counts): Promise<string> {
  const items = Array.from({ length: itemsOfOne }, (_, i) => ({ sku: `SKU-${i}`, quantity: 1 }));
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': `"${randomUUID()}"` };
  for (;;) {
    const response = await fetch(`${url}/api/batches`, { method: 'POST', headers, body: JSON.stringify(items) });
    const body = await response.text();
    if (response.status === 202) return response.headers.get('location') ?? '';
    if (response.status === 429) counts.turnedAway += 1;
    else if (response.status === 503) counts.unavailable += 1;
    else throw new BenchError(`A start was answered with ${response.status} ${body}`);
    await sleep(Number(response.headers.get('retry-after') ?? 1) * 1000);
  }
}

async function untilCompleted(location: string, counts: Counts): Promise<void> {
  for (;;) {
    const response = await fetch(location);
    const { runtimeStatus } = (await response.json()) as { runtimeStatus?: string };
    counts.polls += 1;
    if (response.status === 503) counts.unavailable += 1;
    else if (response.status === 200 && runtimeStatus === 'Completed') return;
    else if (response.status !== 202)
      throw new BenchError(`A poll was answered with ${response.status} ${runtimeStatus}.`);
    await sleep(pollEvery);
  }
}

function peakOf({ pid }: OwnProcess): number {
  return Math.round((readUsage(pid)?.peakBytes ?? 0) / MiB);
}

function rounded(seconds: number): number {
  return Number(seconds.toFixed(1));
}
