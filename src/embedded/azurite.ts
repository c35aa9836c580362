import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { ExpectedError } from '../contracts/failures.ts';
import { stackDirectory } from './data-dir.ts';
import { reservePort } from './ports.ts';
import { launchProcess, type ManagedServer } from './managed-server.ts';

export interface AzuriteOptions {
  /** The port of the blob service on 127.0.0.1; 0 picks a free one. */
  readonly port: number;
}

// Not import.meta.resolve, which Vite's module runner, so the tests' global setup, does not have.
const require = createRequire(import.meta.url);

/** The name that its account has everywhere. What earlier versions kept is kept under it, and tools show it. */
const account = 'devstoreaccount1';
/** The key to it that every Azurite takes unless told otherwise: anybody's. Servers that earlier versions started run with it. */
const publicKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const keyBytes = 64;

/** The connection string of an Azurite that listens on a port of this machine. */
export function azuriteConnectionString(port: number, accountKey = publicKey): string {
  const endpoint = `http://127.0.0.1:${port}/${account}`;
  return `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};BlobEndpoint=${endpoint};`;
}

/**
 * Azurite's blob service, its data in `dataDir/azurite`. It saves its list of blobs when it ends by SIGTERM and every 5 s;
 * killed harder than that, it forgets what it was given last. Its account opens to a key that `dataDir` keeps, and that other users of
 * this machine, who can reach the port, do not know; `dataDir/stack/connection-string` is for other programs of this user.
 */
export function azuriteServer(dataDir: string, options: AzuriteOptions): ManagedServer {
  return {
    name: 'Azurite',
    key: 'azurite',
    launch: async (logFile) => {
      const port = await reservePort({ port: options.port, purpose: 'Azurite', setting: 'EMBEDDED_BLOB_PORT' });
      const location = join(dataDir, 'azurite');
      const accountKey = await keyOf(join(stackDirectory(dataDir), 'azurite-key'));
      const program = findAzurite();
      const where = ['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', location];
      // The storage SDK is ahead of the API versions that Azurite knows by number.
      const how = ['--disableTelemetry', '--skipApiVersionCheck', '--silent'];
      const env = { AZURITE_ACCOUNTS: `${account}:${accountKey}` };
      const identity = await launchProcess(process.execPath, [program, ...where, ...how], logFile, env);
      await writeFile(join(stackDirectory(dataDir), 'connection-string'), azuriteConnectionString(port, accountKey), {
        mode: 0o600,
      });
      return { ...identity, port, accountKey, isClosed: true };
    },
    isReady: (state) => answersAsAzurite(state.port),
  };
}

/** The key that the file keeps, which is made when it is missing or was not written whole. */
async function keyOf(file: string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch(() => '');
  if (Buffer.from(kept, 'base64').length === keyBytes) return kept;
  const key = randomBytes(keyBytes).toString('base64');
  await writeFile(file, key, { mode: 0o600 });
  return key;
}

function findAzurite(): string {
  try {
    return require.resolve('azurite/dist/src/blob/main.js');
  } catch (error) {
    throw new ExpectedError(
      'StackUnavailable',
      'Azurite, which stands in for a storage account, is not installed: set AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT to ' +
        'use a real one, or install it beside durable-backup: npm install azurite',
      { cause: error },
    );
  }
}

async function answersAsAzurite(port: number): Promise<boolean> {
  try {
    // Without credentials every answer is a refusal, yet it is an answer, and it is signed.
    const response = await fetch(`http://127.0.0.1:${port}/${account}?comp=list`, {
      signal: AbortSignal.timeout(2_000),
    });
    await response.arrayBuffer();
    return response.headers.get('server')?.startsWith('Azurite') === true;
  } catch {
    return false;
  }
}
