import { expect, test } from 'vitest';
import { grpcCompression } from '../../../src/client/cli/open/grpc-compression.ts';

test.each(['127.0.0.1:7233', '127.8.9.10', 'localhost:7233', 'LOCALHOST', '[::1]:7233', '[::1]'])(
  'calls to %s are not compressed',
  (address) => expect(grpcCompression(address)).toEqual({ codec: 'none' }),
);

test.each(['temporal:7233', '10.0.0.1:7233', '127.0.0.1.example:7233', 'localhost.example:7233', '[::2]:7233', ''])(
  'calls to %s are',
  (address) => expect(grpcCompression(address)).toEqual({ codec: 'gzip' }),
);
