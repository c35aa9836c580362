import type { GrpcCompressionConfig } from '@temporalio/worker';
import { isLoopback } from '../../../lib/is-loopback.ts';

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
