import type { Request } from 'express';

/** Scheme and authority under which the caller reached this server. */
export function originOf(request: Request): string {
  const { localAddress = '', localPort } = request.socket;
  const own = `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
  // HTTP/1.0 does without a Host header.
  return `${request.protocol}://${request.get('host') ?? own}`;
}
