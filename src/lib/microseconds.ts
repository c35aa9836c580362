/** Whole microseconds of a time in nanoseconds since 1970. Node sets times no more exactly, so no more of two times can be compared. */
export function microseconds(ns: bigint | string): bigint {
  const exact = BigInt(ns);
  return (exact - remainder(exact, 1000n)) / 1000n;
}

/** Never below zero, so that times before 1970 are rounded down like all others. */
export function remainder(n: bigint, by: bigint): bigint {
  return ((n % by) + by) % by;
}
