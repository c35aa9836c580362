import { BenchError } from './bench-error.ts';

/** What the work resolves to. Throws when it takes longer than `limit` milliseconds; ending it is left to whoever closes the bench. */
export async function within<T>(limit: number, what: string, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const minutes = limit / 60_000;
    const advice = 'it hangs, or it needs a longer --limit';
    late.reject(new BenchError(`${what} has not ended within ${minutes} minutes: ${advice}`));
  }, limit);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
