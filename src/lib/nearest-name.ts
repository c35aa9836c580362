const farthest = 3;
const maxNameShown = 50;

/** The one of `names` that a misspelt one was probably meant to be; undefined when none is like it. */
export function nearestName(given: string, names: readonly string[]): string | undefined {
  const plain = given.toLowerCase();
  const [nearest] = names
    // Others are farther away, and a caller's may be of any length.
    .filter(({ length }) => Math.abs(length - given.length) <= farthest)
    .map((name) => ({ name, distance: distanceOf(plain, name.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance);
  return nearest && nearest.distance <= Math.min(farthest, plain.length / 2) ? nearest.name : undefined;
}

/** What to say of a name that is none of `names`, to end a sentence: the nearest of them, or all. */
export function unknownName(given: string, names: readonly string[]): string {
  const nearest = nearestName(given, names);
  const hint = nearest === undefined ? `there is ${names.join(', ')}` : `did you mean ${nearest}?`;
  return `${JSON.stringify(given.slice(0, maxNameShown))} is not known; ${hint}`;
}

/** How many letters have to be put in, taken out or replaced (Levenshtein). */
function distanceOf(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [row, letter] of a.split('').entries()) {
    const line = [row + 1];
    for (const [at, other] of b.split('').entries()) {
      const replaced = (above[at] ?? 0) + (letter === other ? 0 : 1);
      line.push(Math.min(replaced, (above[at + 1] ?? 0) + 1, (line[at] ?? 0) + 1));
    }
    above = line;
  }
  return above.at(-1) ?? 0;
}
