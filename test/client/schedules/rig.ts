import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { inject, onTestFinished } from 'vitest';
import { Jobs } from '../../../src/client/jobs/jobs.ts';
import type { SourceDefinition } from '../../../src/contracts/sources.ts';
import { removeSchedule } from '../../support/remove-schedule.ts';
import { Schedules } from '../../../src/client/schedules/schedules.ts';

/** Schedules of a task queue of their own; those that are named by `named` go with the test, and their watches. */
export async function openSchedules(taskQueue = `schedules-${randomUUID()}`) {
  const address = inject('temporalAddress');
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const names: string[] = [];
  onTestFinished(async () => {
    for (const name of names) await removeSchedule(client, name);
    await connection.close();
  });
  const named = (what: string) => {
    const name = `${what}-${randomUUID().slice(0, 8)}`;
    names.push(name);
    return name;
  };
  return { taskQueue, client, named, schedules: new Schedules(new Jobs({ client, address, taskQueue }).client) };
}

/** A source that is backed up at two in the morning. */
export function nightly(name: string, more: Partial<SourceDefinition> = {}): SourceDefinition {
  return { name, root: '/srv/photos', prefix: `${name}/`, schedule: { cron: '0 2 * * *' }, ...more };
}
