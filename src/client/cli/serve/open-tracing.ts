import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../../../config.ts';

// A collector that is away must not hold up the end of a command.
const sendWithin = 5000;

/** Begins to trace where the configuration says so. The returned function sends what is left. */
export async function openTracing({ tracing }: Config, log: Logger): Promise<() => Promise<void>> {
  if (!tracing) return () => Promise.resolve();
  // It takes a while to load, and hardly anybody needs it.
  const { startTracing } = await import('../../../telemetry/tracing.ts');
  const stop = startTracing(tracing, log);
  const failed = (error: unknown) => log.warn({ err: error }, 'what is left of the trace could not be sent');
  return () => Promise.race([stop().catch(failed), sleep(sendWithin, undefined, { ref: false })]);
}
