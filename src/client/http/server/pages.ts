import type { Express } from 'express';
import { z } from 'zod';
import { anyText } from '../answers.ts';
import { HttpProblem } from '../problem.ts';
import { mount, refuseOthers, route, type Server } from '../route.ts';

const health = route({
  method: 'get',
  path: '/healthz',
  id: 'health',
  tag: 'Server',
  summary: 'The process is up.',
  answers: {
    200: {
      description: 'It is',
      schema: z.strictObject({ status: z.literal('up') }).meta({ id: 'Health', description: 'The process is up' }),
    },
  },
  open: true,
  page: true,
  unlimited: true,
  handle: ({ response }) => response.json({ status: 'up' }),
});

const readiness = route({
  method: 'get',
  path: '/readyz',
  id: 'readiness',
  tag: 'Server',
  summary: 'Temporal answers, and the server is not about to end.',
  answers: {
    200: {
      description: 'It may be sent requests',
      schema: z
        .strictObject({
          status: z.literal('ready'),
          workers: z.boolean().meta({ description: 'Whether a worker has asked for work lately' }),
        })
        .meta({ id: 'Readiness', description: 'The server may be sent requests' }),
    },
  },
  open: true,
  page: true,
  unlimited: true,
  async handle({ response, server: { draining, hasWorkers } }) {
    if (draining.aborted) throw new HttpProblem(503, 'The server is about to end');
    const workers = await hasWorkers().catch(() => {
      throw new HttpProblem(503, 'Temporal does not answer');
    });
    response.json({ status: 'ready', workers });
  },
});

/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
const prometheusText = 'text/plain; version=0.0.4; charset=utf-8';

// Labels name directories, so that it needs the key unless the configuration says otherwise.
const metrics = route({
  method: 'get',
  path: '/metrics',
  id: 'metrics',
  tag: 'Server',
  summary: 'What this process counts, for Prometheus.',
  answers: { 200: { description: "Prometheus' text format", schema: anyText, type: 'text/plain' } },
  openOn: ({ metrics: { open } }) => open,
  page: true,
  async handle({ response, server }) {
    response.type(prometheusText).send(await server.metrics.text());
  },
});

/** What a process tells of itself. Probes need no key, and say nothing that would need one. */
export const serverRoutes = [health, readiness, metrics];

/** `/metrics` alone, for a process that serves nothing else. */
export function mountMetrics(app: Express, server: Pick<Server, 'keys' | 'metrics'>): void {
  // The route looks at nothing else of what handlers share.
  mount(app, metrics, server as Server, []);
  refuseOthers(app, [metrics]);
}
