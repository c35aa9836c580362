import type { IncomingHttpHeaders } from 'node:http';
import { isHost } from './host.ts';

/** What a proxy says of the address that the caller used; what it does not say, or says wrongly, is left out. */
export interface ForwardedOrigin {
  readonly proto?: 'http' | 'https';
  readonly host?: string;
}

/** Reads the first entry of `Forwarded` (RFC 7239), or else `X-Forwarded-Proto` and `X-Forwarded-Host`. */
export function readForwarded(headers: IncomingHttpHeaders): ForwardedOrigin {
  const standard = fromPairs(firstElement(headers['forwarded'] ?? ''));
  if (standard.proto !== undefined || standard.host !== undefined) return standard;
  return origin(firstOf(headers['x-forwarded-proto']), firstOf(headers['x-forwarded-host']));
}

function origin(proto = '', host = ''): ForwardedOrigin {
  const scheme = proto.toLowerCase();
  return {
    ...((scheme === 'http' || scheme === 'https') && { proto: scheme }),
    ...(isHost(host) && { host }),
  };
}

function firstOf(header: string | string[] | undefined): string {
  return (String(header ?? '').split(',')[0] ?? '').trim();
}

// A quoted string may hold commas and semicolons, and a backslash makes the next character plain.
const pair = /^\s*([!#$%&'*+.^_`|~\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))\s*(?:;|$)/u;
const element = /^(?:[^",]|"(?:[^"\\]|\\.)*")*/u;

function firstElement(header: string): string {
  return element.exec(header)?.[0] ?? '';
}

function fromPairs(text: string): ForwardedOrigin {
  const values = new Map<string, string>();
  let rest = text;
  for (let found = pair.exec(rest); found; found = pair.exec(rest)) {
    const [whole, name = '', quoted, token = ''] = found;
    values.set(name.toLowerCase(), quoted?.replace(/\\(.)/gu, '$1') ?? token);
    rest = rest.slice(whole.length);
  }
  return origin(values.get('proto'), values.get('host'));
}
