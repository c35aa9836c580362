/** Ends a bench with its message alone, which says what to do about it. */
export class BenchError extends Error {
  override readonly name = 'BenchError';
}
