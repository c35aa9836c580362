import { collectDefaultMetrics, Registry, Histogram, Counter, Gauge } from 'prom-client';
import type { RequestObserver } from '../storage/observe-requests.ts';

/** The metrics of one process. */
export interface Metrics {
  readonly registry: Registry;
  /** Does this before each time that they are read. It may not throw. */
  before(look: () => Promise<void>): void;
  /** Those of another exporter in this process, asked for whenever these are. What it throws leaves its part out. */
  add(exporter: () => Promise<string>): void;
  /** All of them in Prometheus' text format. */
  text(): Promise<string>;
}

/** Begins with what Node tells of the process itself. Names are `durable_backup_…` but for those. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const looks: (() => Promise<void>)[] = [];
  const exporters: (() => Promise<string>)[] = [];
  return {
    registry,
    before: (look) => void looks.push(look),
    add: (exporter) => void exporters.push(exporter),
    text: async () => {
      await Promise.all(looks.map((look) => look()));
      const parts = [() => registry.metrics(), ...exporters].map((part) => part().catch(() => ''));
      return (await Promise.all(parts)).filter((part) => part !== '').join('\n');
    },
  };
}

const answerSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Counts and times answers of the HTTP API. */
export function createHttpMetrics(registry: Registry): (method: string, status: number, seconds: number) => void {
  const requests = new Histogram({
    name: 'durable_backup_http_request_duration_seconds',
    help: 'Time until requests to the HTTP API were answered whole, or left.',
    labelNames: ['method', 'status'],
    buckets: answerSeconds,
    registers: [registry],
  });
  return (method, status, time) => requests.observe({ method, status }, time);
}

const seconds = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Counts and times requests to the storage account, by what they do and how they end. */
export function createStorageMetrics(registry: Registry): RequestObserver {
  const registers = [registry];
  const durations = new Histogram({
    name: 'durable_backup_storage_request_duration_seconds',
    help: 'Time of requests to the storage account, without the time that they were held back.',
    labelNames: ['operation', 'outcome'],
    buckets: seconds,
    registers,
  });
  const inFlight = new Gauge({
    name: 'durable_backup_storage_requests_in_flight',
    help: 'Requests to the storage account that are not answered yet.',
    registers,
  });
  const bytes = new Counter({
    name: 'durable_backup_storage_bytes_total',
    help: 'Bytes of bodies that were sent to the storage account and received from it.',
    labelNames: ['direction'],
    registers,
  });
  const sentBytes = bytes.labels('sent');
  const receivedBytes = bytes.labels('received');
  return ({ operation, sent }) => {
    const beganAt = performance.now();
    inFlight.inc();
    return ({ outcome, received }) => {
      inFlight.dec();
      durations.labels(operation, outcome).observe((performance.now() - beganAt) / 1000);
      if (outcome === 'ok' && sent > 0) sentBytes.inc(sent);
      if (received > 0) receivedBytes.inc(received);
    };
  };
}
