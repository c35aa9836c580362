import type { Request } from 'express';
import { readForwarded, isHost } from './forwarded.ts';
import { HttpProblem } from '../problem.ts';

/**
 * Scheme and authority under which the caller reached this server. What proxies say of it counts only when the peer is one of
 * `TRUST_PROXY`. Throws a 400 {@link HttpProblem} when the Host header is not one.
 */
export function originOf(request: Request): string {
  const { proto, host } = isFromProxy(request) ? readForwarded(request.headers) : {};
  return `${proto ?? (isEncrypted(request) ? 'https' : 'http')}://${host ?? ownHost(request)}`;
}

// Express compiles the setting to a function of an address and its distance.
function isFromProxy(request: Request): boolean {
  const trusts = request.app.get('trust proxy fn') as (address: string | undefined, distance: number) => boolean;
  return trusts(request.socket.remoteAddress, 0);
}

function isEncrypted({ socket }: Request): boolean {
  return 'encrypted' in socket && socket.encrypted === true;
}

// HTTP/1.0 does without a Host header.
function ownHost(request: Request): string {
  const host = request.get('host');
  if (host === undefined || host === '') {
    const { localAddress = '', localPort } = request.socket;
    return `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
  }
  if (!isHost(host)) throw new HttpProblem(400, 'The Host header is not a host name with an optional port');
  return host;
}
