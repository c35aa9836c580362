import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { RequestObserver } from '../storage/observe-requests.ts';

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
