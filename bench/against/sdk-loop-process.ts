import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { eachConcurrently } from '../../src/lib/each-concurrently.ts';
import { filesBelow } from '../files-below.ts';

/** `node sdk-loop-process.ts TREE CONTAINER HOW_MANY_AT_ONCE` */
const [tree = '', container = '', atOnce = ''] = process.argv.slice(2);
const service = BlobServiceClient.fromConnectionString(process.env['AZURE_STORAGE_CONNECTION_STRING'] ?? '');
const client = service.getContainerClient(container);
await eachConcurrently(await filesBelow(tree), Number(atOnce), async (path) => {
  const body = await readFile(join(tree, path));
  await client.getBlockBlobClient(path).upload(body, body.length);
});
