import { Histogram, type Registry } from 'prom-client';

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Counts and times answers of the HTTP API. */
export function createHttpMetrics(registry: Registry): (method: string, status: number, seconds: number) => void {
  const requests = new Histogram({
    name: 'durable_backup_http_request_duration_seconds',
    help: 'Time until requests to the HTTP API were answered whole, or left.',
    labelNames: ['method', 'status'],
    buckets: seconds,
    registers: [registry],
  });
  return (method, status, time) => requests.observe({ method, status }, time);
}
