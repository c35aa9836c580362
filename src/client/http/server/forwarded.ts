import type { IncomingHttpHeaders } from 'node:http';
import { parse } from 'forwarded-parse';

/** What a proxy says of the address that the caller used; what it does not say, or says wrongly, is left out. */
interface ForwardedOrigin {
  readonly proto?: 'http' | 'https';
  readonly host?: string;
}

/** Reads the first entry of `Forwarded` (RFC 7239), or where there is no usable one `X-Forwarded-Proto` and `X-Forwarded-Host`. */
export function readForwarded(headers: IncomingHttpHeaders): ForwardedOrigin {
  const standard = firstForwarded(headers['forwarded']);
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

function firstForwarded(header = ''): ForwardedOrigin {
  try {
    const [{ proto, host } = {}] = parse(header);
    return origin(proto, host);
  } catch {
    return {};
  }
}

const longest = 300;
const authority = /^(?:\[[\da-f:.]+\]|[^\s/\\?#@<>"'%:[\]\p{Cc}]+)(?::\d{1,5})?$/iu;

/** Whether `host` is a host with an optional port, fit to stand in a URI: nothing that could end it or begin another part. */
export function isHost(host: string): boolean {
  return host.length <= longest && authority.test(host) && URL.canParse(`http://${host}/`);
}
