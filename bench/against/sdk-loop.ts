import { fileURLToPath } from 'node:url';
import type { BenchKit } from './bench-kit.ts';
import { runMeasured } from './run-measured.ts';
import type { Uploader } from './tool.ts';

const atOnce = 16;

/** What one would write without a tool: a loop over the files that uploads each with the SDK, nothing kept of it. */
export async function openSdkLoop(kit: BenchKit): Promise<Uploader> {
  const { target, closing } = kit;
  const program = fileURLToPath(new URL('sdk-loop-process.ts', import.meta.url));
  const container = await kit.newContainer();
  const env = { AZURE_STORAGE_CONNECTION_STRING: target.connectionString };
  return {
    name: 'SDK loop',
    version: '@azure/storage-blob of this tree',
    how: `BlockBlobClient.upload, ${atOnce} at once`,
    container,
    backUp: (tree) => runMeasured(closing, process.execPath, [program, tree, container, String(atOnce)], env),
  };
}
