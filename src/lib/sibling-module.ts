/**
 * The file of a module beside another, whose `import.meta.url` is given: `.ts` in the sources, `.js` in the package that is built from
 * them. For modules that are run by their file, as processes and threads are; `import` knows by itself.
 */
export function siblingModule(name: string, url: string): URL {
  return new URL(`${name}${/\.\w+$/u.exec(new URL(url).pathname)?.[0] ?? ''}`, url);
}
