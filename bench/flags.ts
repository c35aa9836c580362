import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BenchError } from './bench-error.ts';
import type { BenchOptions } from './bench-options.ts';

/** What may stand on the command line beside the name of a bench. `value` is what follows it. */
const flags = {
  files: { value: 'N', about: "files of the tree instead of the scenario's own number" },
  rounds: { value: 'N', about: 'rounds that count, after one to warm up: 3, of copy 5' },
  bytes: { value: 'N', about: 'size of the file' },
  storage: {
    value: 'STORAGE',
    about:
      "a connection string with a key, or azurite; a fast target of the bench's own, and of copy an Azurite, without it",
  },
  work: { value: 'MS', about: 'work in each item; none without it' },
  'one-directory': { about: 'all files in one directory' },
  chart: { value: 'FILE.svg', about: 'draws memory and histories over time' },
  json: { about: 'prints JSON, each run as it was measured' },
  profile: { value: 'DIR', about: 'CPU profiles of the workers, which slows them a little' },
  limit: { value: 'MINUTES', about: 'how long one run may take before it counts as hung: 120' },
} as const;

export type Flag = keyof typeof flags;

/** One line for each, for the help. */
export function describeFlags(): string[] {
  return Object.entries(flags).map(([name, flag]) => `  ${written(name as Flag).padEnd(22)}${flag.about}`);
}

/** A flag as it is written, with its value. */
export function written(name: Flag): string {
  const flag = flags[name];
  return 'value' in flag ? `--${name} ${flag.value}` : `--${name}`;
}

/** Reads the flags of a bench that takes these. Throws a `BenchError` that says what is wrong with them. */
export function readFlags(args: readonly string[], taken: readonly Flag[]): BenchOptions {
  const values = parse(args, taken);
  const text = (name: Flag) => values[name] as string | undefined;
  const count = (name: Flag) => wholeNumber(name, text(name));
  const profile = text('profile');
  return {
    work: text('work') === '0' ? 0 : (count('work') ?? 0),
    files: count('files'),
    rounds: count('rounds'),
    bytes: count('bytes'),
    storage: text('storage'),
    limit: (count('limit') ?? 120) * 60_000,
    json: values.json === true,
    profile: profile === undefined ? undefined : resolve(profile),
    oneDirectory: values['one-directory'] === true,
    chart: text('chart'),
  };
}

function parse(args: readonly string[], taken: readonly Flag[]): Partial<Record<Flag, string | boolean>> {
  const named = taken.map((name) => [name, { type: 'value' in flags[name] ? 'string' : 'boolean' }] as const);
  try {
    return parseArgs({ args: [...args], options: Object.fromEntries(named) }).values;
  } catch (error) {
    const reason = (error as Error).message.split('. ')[0] ?? '';
    throw new BenchError(`${reason}. It takes ${taken.map(written).join(', ')}.`);
  }
}

function wholeNumber(name: Flag, text: string | undefined): number | undefined {
  if (text !== undefined && !/^[1-9]\d{0,14}$/u.test(text))
    throw new BenchError(`--${name} must be a whole number above 0`);
  return text === undefined ? undefined : Number(text);
}
