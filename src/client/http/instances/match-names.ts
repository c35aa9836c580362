/** The object with those of its properties renamed that one of `names` matches without case. What is no object is returned as it is. */
export function matchNames(value: unknown, names: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const known = new Map(names.map((name) => [name.toLowerCase(), name]));
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [known.get(name.toLowerCase()) ?? name, held]));
}
