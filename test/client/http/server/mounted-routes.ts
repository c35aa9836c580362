import type { Express } from 'express';
import { webhookPrefix } from '../../../../src/client/http/app-dependencies.ts';

interface Layer {
  readonly route?: { readonly path: string | string[]; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle: { readonly stack?: readonly Layer[] };
  readonly slash: boolean;
  match(path: string): boolean;
}

// A router does not keep the path that it was mounted at; it can only be asked whether it would take one.
const api = ['batches', 'backups', 'restores', 'verifications'].map((name) => `/api/${name}`);
const mounts = ['/orchestrators', ...api, `${webhookPrefix}/orchestrators`, `${webhookPrefix}/instances`];

/** `METHOD /path` of every route of an app, with `:` for each parameter. Fails when a router is mounted at a path not known here. */
export function mountedRoutes(app: Express): string[] {
  const { stack } = app.router as unknown as { stack: readonly Layer[] };
  return stack.flatMap((layer) => routesOf(layer, ''));
}

function routesOf(layer: Layer, prefix: string): string[] {
  const { route, handle, slash } = layer;
  if (route) {
    const methods = Object.keys(route.methods)
      .filter((method) => method !== '_all')
      .map((method) => method.toUpperCase());
    return methods.flatMap((method) =>
      [route.path]
        .flat()
        .flatMap(pathsOf)
        .map((path) => `${method} ${joined(prefix, path)}`),
    );
  }
  if (!handle.stack) return [];
  if (slash) return handle.stack.flatMap((inner) => routesOf(inner, prefix));
  const found = mounts.filter((mount) => layer.match(mount));
  if (found.length === 0) throw new Error('a router is mounted at a path that this test does not know');
  return found.flatMap((mount) => (handle.stack ?? []).flatMap((inner) => routesOf(inner, mount)));
}

/** A path with an optional part is two. */
function pathsOf(path: string): string[] {
  const found = /^(.*)\{(.*)\}$/u.exec(path);
  return (found ? [found[1] ?? '', `${found[1]}${found[2]}`] : [path]).map((one) => one.replaceAll(/:\w+/gu, ':'));
}

function joined(prefix: string, path: string): string {
  return path === '/' && prefix !== '' ? prefix : `${prefix}${path}`;
}
