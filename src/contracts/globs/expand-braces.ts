/** What the parts of a glob come to: the same reading of its braces counts what they stand for, and writes it out. */
interface Reading<T> {
  readonly text: (text: string) => T;
  readonly join: (before: T, after: T) => T;
  readonly either: (parts: readonly T[]) => T;
}

/** What a glob stands for once its braces are expanded. */
export interface Expansion {
  readonly alternatives: number;
  /** Of all of them together. */
  readonly characters: number;
}

// Far beyond what any budget allows, and small enough that the product of two is exact.
const most = 2 ** 26;

const sizes: Reading<Expansion> = {
  text: ({ length }) => ({ alternatives: 1, characters: length }),
  join: (before, after) => ({
    alternatives: Math.min(most, before.alternatives * after.alternatives),
    characters: Math.min(most, before.characters * after.alternatives + after.characters * before.alternatives),
  }),
  either: (parts) => ({
    alternatives: Math.min(most, sum(parts.map(({ alternatives }) => alternatives))),
    characters: Math.min(most, sum(parts.map(({ characters }) => characters))),
  }),
};

const texts: Reading<readonly string[]> = {
  text: (text) => [text],
  join: (before, after) => before.flatMap((one) => after.map((other) => one + other)),
  either: (parts) => parts.flat(),
};

/** How much {@link expandBraces} would return, without doing it. */
export function sizeOfExpansion(glob: string): Expansion {
  return readBraces(glob, sizes);
}

/** All texts that a glob with `{a,b}` in it stands for. Whoever calls it has looked at {@link sizeOfExpansion}. */
export function expandBraces(glob: string): readonly string[] {
  return glob.includes('{') ? readBraces(glob, texts) : [glob];
}

/** Braces that are open: the parts that a comma has ended, and the present one. */
interface Open<T> {
  readonly parts: T[];
  present: T;
}

/** Braces without a comma in them, or that are never closed, are characters like any. Takes no longer for braces in braces. */
function readBraces<T>(glob: string, { text, join, either }: Reading<T>): T {
  const whole: Open<T> = { parts: [], present: text('') };
  const inner: Open<T>[] = [];
  const add = (value: T) => {
    const within = inner.at(-1) ?? whole;
    within.present = join(within.present, value);
  };
  const asCharacters = ({ parts, present }: Open<T>, end: string) => {
    add(text('{'));
    for (const part of parts) add(join(part, text(',')));
    add(join(present, text(end)));
  };
  // In order: an escape, what has a meaning, and everything else.
  for (const [part] of glob.matchAll(/\\.|[{},]|(?:[^\\{},]|\\$)+/gsu)) {
    const within = inner.at(-1);
    if (part === '{') inner.push({ parts: [], present: text('') });
    else if (part === ',' && within) {
      within.parts.push(within.present);
      within.present = text('');
    } else if (part === '}' && within) {
      inner.pop();
      if (within.parts.length === 0) asCharacters(within, '}');
      else add(either([...within.parts, within.present]));
    } else add(text(part));
  }
  for (let open = inner.pop(); open; open = inner.pop()) asCharacters(open, '');
  return whole.present;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
