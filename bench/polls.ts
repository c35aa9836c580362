import autocannon from 'autocannon';
import { summarizeBatch } from '../src/activities/orders/index.ts';
import { startApiProcess } from './api-process.ts';
import type { Closing } from './closing.ts';
import { load } from './machine.ts';
import { openRig } from './rig.ts';

const seconds = 10;
const many = 64;

/**
 * Measures polls of the status of running and of ended instances, by one client and by 64 that ask again as soon as they are answered.
 * Beside each stands the load average of the minute up to its end, which counts the measured processes too.
 */
export async function benchPolls(closing: Closing): Promise<void> {
  const finish = Promise.withResolvers<void>();
  const rig = await openRig(closing, {
    processItem: async ({ sku, quantity }) => {
      if (sku === 'slow') await finish.promise;
      return { sku, reserved: true, lineTotal: quantity * 9.99 };
    },
    summarizeBatch,
  });
  closing.add(() => finish.resolve());
  const { url } = await startApiProcess(closing, { TEMPORAL_ADDRESS: rig.address, TASK_QUEUE: rig.taskQueue });
  const start = (sku: string) => Promise.all(Array.from({ length: many }, () => startBatch(url, sku)));
  console.log(`load average at the start: ${load()[0]}`);
  const kinds = [
    { state: 'running', code: 202, polls: await start('slow') },
    { state: 'ended', code: 200, polls: await start('quick') },
  ];
  for (const { polls, code } of kinds) for (const poll of polls) await untilStatus(poll, code);
  console.log(`${seconds} s each                                 requests/s   p50 ms   p99 ms   failed     load`);
  for (const { state, code, polls } of kinds) {
    await measure(`1 client, ${state}`, polls.slice(0, 1), code, 1);
    await measure(`${many} clients, the same one, ${state}`, polls.slice(0, 1), code, many);
    await measure(`${many} clients, each its own, ${state}`, polls, code, many);
  }
}

async function startBatch(url: string, sku: string): Promise<string> {
  const response = await fetch(`${url}/api/batches`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify([{ sku, quantity: 1 }]),
  });
  return response.headers.get('location') ?? '';
}

async function untilStatus(location: string, wanted: number): Promise<void> {
  for (;;) {
    const response = await fetch(location);
    await response.arrayBuffer();
    if (response.status === wanted) return;
  }
}

/** Client number `i` polls number `i`, from the start again where there are fewer. */
async function measure(name: string, polls: readonly string[], wanted: number, connections: number): Promise<void> {
  let client = 0;
  const result = await autocannon({
    url: polls[0] ?? '',
    connections,
    duration: seconds,
    setupClient: (one) => {
      const { pathname, search } = new URL(polls[client++ % polls.length] ?? '');
      one.setRequests([{ method: 'GET', path: pathname + search }]);
    },
  });
  const { requests, latency, errors, statusCodeStats = {} } = result;
  const answered = Object.entries(statusCodeStats).map(([code, { count = 0 }]) => ({ code: Number(code), count }));
  const unwanted = answered.filter(({ code }) => code !== wanted).reduce((sum, { count }) => sum + count, errors);
  const figures = [
    requests.average.toFixed(0),
    String(latency.p50),
    String(latency.p99),
    String(unwanted),
    String(load()[0]),
  ];
  console.log(name.padEnd(38) + figures.map((figure, i) => figure.padStart(i === 0 ? 16 : 9)).join(''));
}
