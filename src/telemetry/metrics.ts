import { collectDefaultMetrics, Registry } from 'prom-client';

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
