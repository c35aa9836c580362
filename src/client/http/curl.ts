import type { Parameters } from './parameters.ts';
import type { Route } from './route.ts';

/** A command that sends a request to a route: what has to be filled in stands there as a variable of the shell. */
export function curlOf(route: Route, { origin, keyed }: { origin: string; keyed: boolean }): string {
  const { method, path, inPath = {}, query = {}, body, open = false } = route;
  const filled = path.replaceAll(/\{(\w+)\}/gu, (_, name: string) => exampleOf(inPath, name) ?? variable(name));
  const wanted = Object.entries(query)
    .filter(([, schema]) => !schema.safeParse(undefined).success)
    .map(([name]) => `${name}=${exampleOf(query, name) ?? variable(name)}`);
  const url = `${origin}${filled}${wanted.length === 0 ? '' : `?${wanted.join('&')}`}`;
  return [
    'curl',
    ...(method === 'get' ? [] : [`-X ${method.toUpperCase()}`]),
    `"${url}"`,
    ...(keyed && !open ? ['-H "x-functions-key: $API_KEY"'] : []),
    ...(body ? ['-H "Content-Type: application/json"', `-d '${JSON.stringify(body.example)}'`] : []),
  ].join(' ');
}

function exampleOf(parameters: Parameters, name: string): string | undefined {
  const examples = parameters[name]?.meta()?.['examples'];
  const example: unknown = Array.isArray(examples) ? examples[0] : undefined;
  return typeof example === 'string' ? encodeURIComponent(example) : undefined;
}

function variable(name: string): string {
  return `$${name.replaceAll(/(?=[A-Z])/gu, '_').toUpperCase()}`;
}
