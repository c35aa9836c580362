import { randomUUID } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { workflowNames } from '../src/contracts/job.ts';
import type { BackupSummary } from '../src/contracts/backup.ts';
import { createBenchKit } from './against/bench-kit.ts';
import { keepsNoContent } from './against/scenarios.ts';
import { openService, type Service } from './against/service.ts';
import { openFastTarget, type CountingTarget } from './against/target.ts';
import { BenchError } from './bench-error.ts';
import type { BenchOptions } from './bench-options.ts';
import type { Closing } from './closing.ts';
import { load, machine } from './machine.ts';
import { printRows } from './print-rows.ts';
import { openScratch } from './scratch.ts';
import { within } from './within.ts';

const killAt = 0.4;
const lookEvery = 20;

/** Kills a worker in the middle of one large file, and tells what the next one sends again. */
export async function benchCrash(closing: Closing, options: BenchOptions): Promise<void> {
  const { bytes = 100_000_000_000, json, profile, limit } = options;
  const directory = await openScratch(closing);
  const tree = join(directory, 'tree');
  await writeSparseFile(tree, bytes);
  const target = await openFastTarget(closing, keepsNoContent);
  const service = await openService(createBenchKit({ closing, directory, target, profile }), 1);
  const result = await within(limit, 'the backup', crashAndGoOn(service, target, tree, bytes));
  const report = {
    title: `One file of ${bytes} bytes, its worker killed at ${killAt * 100} %`,
    machine: machine(),
    load: load(),
    ...result,
  };
  if (json) console.log(JSON.stringify(report, undefined, 2));
  else printRows([['', report.title], ...Object.entries(result).map(([name, value]) => [name, String(value)])]);
}

async function crashAndGoOn(service: Service, target: CountingTarget, tree: string, bytes: number) {
  const { client, taskQueue, workers } = service;
  const began = performance.now();
  const secondsSoFar = () => Number(((performance.now() - began) / 1000).toFixed(1));
  const options = { taskQueue, workflowId: randomUUID(), args: [{ root: tree }] };
  const handle = await client.workflow.start(workflowNames.backup, options);
  const atKill = await untilSent(handle, target, bytes * killAt);
  await workers[0]?.kill();
  const secondsAtKill = secondsSoFar();
  const afterKill = await blocks(target);
  const next = await service.startWorker();
  const { uploaded } = (await Promise.race([handle.result(), next.failed])) as BackupSummary;
  if (uploaded !== 1) throw new BenchError('The file was not uploaded.');
  const received = await blocks(target);
  return {
    bytes,
    bytesReceived: received.bytesIn,
    bytesSentAgain: received.bytesIn - bytes,
    bytesReceivedAtKill: afterKill.bytesIn,
    blocksInFlightAtKill: atKill.inFlight,
    blocksCutByKill: afterKill.cut,
    blocksReceived: received.requests - received.cut,
    secondsAtKill,
    seconds: secondsSoFar(),
  };
}

/** Holes in place of content: the file takes no room and is read as zeros. */
async function writeSparseFile(tree: string, bytes: number): Promise<void> {
  await mkdir(tree);
  const file = await open(join(tree, 'sparse.bin'), 'w');
  try {
    await file.truncate(bytes);
  } finally {
    await file.close();
  }
}

/** What the target has seen of blocks by the time that so many of their bytes have come. */
async function untilSent(handle: WorkflowHandle, target: CountingTarget, bytes: number) {
  let hasEnded = false;
  const end = () => (hasEnded = true);
  handle.result().then(end, end);
  for (;;) {
    const seen = await blocks(target);
    if (seen.bytesIn >= bytes && !hasEnded) return seen;
    if (hasEnded) throw new BenchError('The backup ended before its worker was killed: choose more --bytes.');
    await sleep(lookEvery);
  }
}

async function blocks(target: CountingTarget) {
  return (await target.counts())['put block'] ?? { requests: 0, bytesIn: 0, bytesOut: 0, inFlight: 0, cut: 0 };
}
