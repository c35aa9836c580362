import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { writeTree } from '../support/tree.ts';
import { backUp, startProcesses } from './processes.ts';
import { sampleNames, scrape } from './samples.ts';

const folder = new URL('../../docs/monitoring/', import.meta.url);
const text = (file: string) => readFile(new URL(file, folder), 'utf8');

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

const rules = (parse(await text('alerts.yml')) as Rules).groups.flatMap((group) => group.rules);
const { panels } = JSON.parse(await text('dashboard.json')) as Dashboard;

/** The metrics that an expression names; `up` is Prometheus' own. */
function metricsIn(expression: string): string[] {
  return [...expression.matchAll(/\b(?:durable_backup|temporal)_\w+/gu)].map(([name]) => name);
}

test('every metric that rules and dashboard name is one that the processes export', async () => {
  const named = new Set([...rules, ...panels.flatMap(({ targets }) => targets)].flatMap(({ expr }) => metricsIn(expr)));
  expect(named.size).toBeGreaterThan(15);
  const { api, workerMetrics, root } = await startProcesses({ source: 'site' });
  await writeTree(root, { 'a.txt': 1000 });
  expect(await backUp(api, root)).toBe('Completed');
  // An attempt that fails, for what counts those begins with the first.
  expect(await backUp(api, `${root}-gone`)).toBe('Failed');
  const missing = async () => {
    const exported = sampleNames((await scrape(workerMetrics)) + (await scrape(`${api}/metrics`)));
    return [...named].filter((name) => !exported.has(name));
  };
  await expect.poll(missing).toEqual([]);
});

test('each rule has a test', async () => {
  const { tests } = parse(await text('alerts.test.yml')) as {
    tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
  };
  const firing = tests.flatMap((one) => one.alert_rule_test).filter(({ exp_alerts: expected }) => expected.length > 0);
  expect(
    rules.map(({ alert }) => alert).filter((alert) => !firing.some(({ alertname }) => alertname === alert)),
  ).toEqual([]);
});
