import { isIPv4 } from 'node:net';
import type { GrpcCompressionConfig } from '@temporalio/worker';

/**
 * How a worker's calls to Temporal at `address` (`host:port`) are compressed: not on this machine, where it costs both ends processor
 * time and saves nothing. Clients never compress, and are answered in kind.
 */
export function grpcCompression(address: string): GrpcCompressionConfig {
  return { codec: isLoopback(hostOf(address)) ? 'none' : 'gzip' };
}

function hostOf(address: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\](?::\d+)?|(.*?)(?::\d+)?)$/u.exec(address.trim()) ?? [];
  return (bracketed ?? plain ?? '').toLowerCase();
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
