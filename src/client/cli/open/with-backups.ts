import type { AllBackups } from '../../sources/all-backups.ts';
import type { Backups } from '../../../history/views/backups.ts';
import type { Scope } from './scope.ts';
import { interrupted, type Call } from '../invocation.ts';

/**
 * Opens the storage account alone, the embedded one when the environment names none, for a command that only reads. Where nothing was
 * ever backed up no server is started and no folder made to say so.
 */
export async function withBackups(
  call: Call,
  work: (backups: Backups, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const { config, note, stop, leave } = call;
  leave.addEventListener('abort', () => process.exit(interrupted(call, 'Stopped.')));
  const { openBackups, openNothing } = await import('./open-backups.ts');
  const nothing = openNothing(config);
  if (nothing) return work(nothing, stop);
  const { openStack } = await import('./stack.ts');
  const stack = await openStack(config, note, { withTemporal: false });
  try {
    return await Promise.race([work(openBackups(config, stack.connectionString), stop), aborted(stop)]);
  } catch (error) {
    // Whatever was under way then was only being read.
    if (stop.aborted) return interrupted(call, 'Stopped.');
    throw error;
  } finally {
    await stack.close();
  }
}

/**
 * Throws `RunNotFound` where nothing was ever backed up to the embedded storage that a job about a run would use: no server is started to
 * say so.
 */
export async function requireAnyRun(
  { config, worker, stop }: Call & { readonly worker: boolean },
  run: string,
): Promise<void> {
  if (config.temporal.named && !worker) return;
  const { openNothing } = await import('./open-backups.ts');
  await openNothing(config)?.find({ run }, stop);
}

/** As {@link withBackups}, with all that the scope of the call takes in. */
export function withScope(
  call: Call & Scope,
  work: (backups: AllBackups, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  return withBackups(call, async (backups, signal) => {
    const { AllBackups } = await import('../../sources/all-backups.ts');
    return work(new AllBackups(backups, call.prefixes), signal);
  });
}

// Whoever reads the output may have stopped to, and nothing waits for it then.
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(signal.reason as Error);
    if (signal.aborted) fail();
    signal.addEventListener('abort', fail, { once: true });
  });
}
