import { randomInt } from 'node:crypto';

/** Whole numbers by chance that come again with the same seed: those of mulberry32. */
export interface Random {
  readonly seed: number;
  /** From `min` up to but not including `max`. */
  readonly between: (min: number, max: number) => number;
}

/** Takes its seed from the variable `SEED`, or makes a new one: print it, so that a failure can be had again. */
export function createRandom(seed = Number(process.env['SEED'] ?? randomInt(2 ** 31))): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { seed, between: (min, max) => min + Math.floor(next() * (max - min)) };
}
