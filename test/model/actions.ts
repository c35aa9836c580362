import fc from 'fast-check';

/** A path as segments, each byte a latin1 character. */
type Path = readonly string[];

/** What happens to a path that is there. */
export type Change =
  | { readonly do: 'append'; readonly path: Path; readonly size: number; readonly seed: number }
  | { readonly do: 'truncate'; readonly path: Path; readonly size: number }
  /** Other bytes of the same length, and the time of modification put back. */
  | { readonly do: 'rewrite in secret'; readonly path: Path; readonly seed: number }
  | { readonly do: 'touch'; readonly path: Path; readonly seconds: number }
  | { readonly do: 'chmod'; readonly path: Path; readonly mode: number }
  /** A file by a directory with a file in it, or a directory by a file. */
  | { readonly do: 'replace by another kind'; readonly path: Path; readonly seed: number };

/** What happens to the tree between two backups. */
export type Edit =
  | Change
  | { readonly do: 'write'; readonly path: Path; readonly size: number; readonly seed: number }
  | { readonly do: 'rename'; readonly path: Path; readonly to: Path }
  | { readonly do: 'delete'; readonly path: Path }
  | { readonly do: 'make directory'; readonly path: Path }
  | { readonly do: 'link'; readonly path: Path; readonly target: string };

/** What is asked of the jobs. `run` picks one of those so far. `killAt` is the storage request in the middle of which the worker dies. */
export type Ask =
  | { readonly do: 'back up'; readonly mode: 'usual' | 'checksum' | 'repair'; readonly killAt?: number }
  | { readonly do: 'restore'; readonly run: number; readonly mirror: boolean; readonly killAt?: number }
  | { readonly do: 'verify'; readonly run: number; readonly deep: boolean; readonly killAt?: number }
  | { readonly do: 'forget'; readonly run: number }
  /** Forgets all but the newest so many. */
  | { readonly do: 'keep the last'; readonly runs: number }
  /** With `beside`, a backup begins at that storage request of the prune. */
  | { readonly do: 'prune'; readonly killAt?: number; readonly beside?: number };

export type Action = Edit | Ask;

// Few names, so that actions meet; some that Azure would refuse or rewrite, one that is not UTF-8.
const segment = fc.constantFrom(
  'a',
  'b',
  'A',
  'c d',
  'x.',
  '%41',
  'b\\c',
  '\xff\xfe',
  '\xc3\xa9',
  // U+2028, a line separator to some.
  '\xe2\x80\xa8',
  '.durable-backup',
  '#?',
);
const seed = fc.nat(1000);
// The last is stored in blocks.
const size = fc.oneof(
  { weight: 20, arbitrary: fc.nat(5000) },
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constant(9 * 1024 * 1024) },
);
const killAt = fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined, freq: 4 });
const run = fc.nat(50);

const editOf = (path: fc.Arbitrary<Path>): fc.Arbitrary<Edit> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), path, size, seed }) },
    fc.record({ do: fc.constant('append' as const), path, size: fc.integer({ min: 1, max: 500 }), seed }),
    fc.record({ do: fc.constant('truncate' as const), path, size: fc.nat(100) }),
    fc.record({ do: fc.constant('rewrite in secret' as const), path, seed }),
    fc.record({ do: fc.constant('touch' as const), path, seconds: fc.integer({ min: 1, max: 2_000_000_000 }) }),
    fc.record({
      do: fc.constant('chmod' as const),
      path,
      mode: fc.constantFrom(0o600, 0o644, 0o700, 0o755, 0o444, 0o500),
    }),
    fc.record({ do: fc.constant('rename' as const), path, to: path }),
    fc.record({ do: fc.constant('delete' as const), path }),
    fc.record({ do: fc.constant('make directory' as const), path }),
    fc.record({
      do: fc.constant('link' as const),
      path,
      target: fc.constantFrom('a', '../b', '/etc/passwd', '.', '\xff'),
    }),
    fc.record({ do: fc.constant('replace by another kind' as const), path, seed }),
  );

const ask: fc.Arbitrary<Ask> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('back up' as const),
      mode: fc.constantFrom('usual' as const, 'usual' as const, 'checksum' as const, 'repair' as const),
      killAt,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restore' as const), run, mirror: fc.boolean(), killAt }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('verify' as const), run, deep: fc.boolean(), killAt }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('forget' as const), run }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('prune' as const), killAt, beside: killAt }) },
) as fc.Arbitrary<Ask>;

const edit = editOf(fc.array(segment, { minLength: 1, maxLength: 3 }));

/** A life of a tree: it begins with some files, and edits come in bursts between what is asked. */
export const actions: fc.Arbitrary<Action[]> = fc
  .tuple(
    fc.array(edit, { minLength: 5, maxLength: 15 }),
    fc.array(fc.tuple(fc.array(edit, { maxLength: 8 }), ask), { minLength: 5, maxLength: 14 }),
  )
  .map(([first, rest]) => [...first, ...rest.flatMap(([edits, asked]) => [...edits, asked])]);

// Fewer still, so that most of a day's edits meet what is there; a file of many blocks would only cost time.
const edits = editOf(
  fc.array(fc.constantFrom('a', 'b', 'x.', '\xff', '\xe2\x80\xa8'), { minLength: 1, maxLength: 2 }),
).filter((change) => !('size' in change) || change.size < 10_000);
const seldom = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 11, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const request = fc.integer({ min: 1, max: 40 });

/** What is asked each night: a backup, what is kept of the runs before it, and a prune. */
const night: fc.Arbitrary<Ask[]> = fc
  .record({
    killBackup: seldom(request),
    kept: fc.oneof(
      { weight: 5, arbitrary: fc.constant(1) },
      { weight: 4, arbitrary: fc.integer({ min: 2, max: 6 }) },
      { weight: 1, arbitrary: fc.constant(0) },
    ),
    killPrune: seldom(request),
    beside: seldom(request),
    restored: seldom(run),
  })
  .map(({ killBackup, kept, killPrune, beside, restored }): Ask[] => [
    { do: 'back up', mode: 'usual', ...(killBackup !== undefined && { killAt: killBackup }) },
    { do: 'keep the last', runs: kept },
    {
      do: 'prune',
      ...(killPrune !== undefined && { killAt: killPrune }),
      ...(beside !== undefined && { beside }),
    },
    ...(restored === undefined ? [] : [{ do: 'restore' as const, run: restored, mirror: true }]),
  ]);

/** So many days of a tree, each with some edits and what is asked at night. */
export function daysOf(count: number): fc.Arbitrary<Action[]> {
  const day = fc.tuple(fc.array(edits, { minLength: 1, maxLength: 6 }), night);
  return fc
    .tuple(fc.array(edits, { minLength: 10, maxLength: 20 }), fc.array(day, { minLength: count, maxLength: count }))
    .map(([first, days]) => [...first, ...days.flatMap(([changes, asked]) => [...changes, ...asked])]);
}
