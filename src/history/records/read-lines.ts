import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { manifestInvalid } from './manifest-invalid.ts';

const newline = 0x0a;
const chunkBytes = 256 * 1024;
// Two paths at their longest (4,096 bytes, three characters a byte), a blob's name and a reason take a twentieth of it.
const maxLineBytes = 1024 * 1024;

/**
 * The lines of a gzipped text, some at a time. It is unpacked piece by piece: however much it makes, memory holds one piece and one
 * line, and a line that is longer than any entry ends it. Throws `ManifestInvalid` that names `blob`.
 */
export async function* readLines(blob: string, gzipped: Buffer): AsyncGenerator<string[]> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of unpack(blob, gzipped)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const lines: string[] = [];
    let start = 0;
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
      lines.push(bytes.toString('utf8', start, end));
      start = end + 1;
    }
    yield lines;
    rest = bytes.subarray(start);
    if (rest.length > maxLineBytes) throw manifestInvalid(blob, 'holds a line longer than any entry');
  }
  if (rest.length > 0) throw manifestInvalid(blob, 'ends within a line');
}

async function* unpack(blob: string, gzipped: Buffer): AsyncGenerator<Buffer> {
  const unpacked = Readable.from([gzipped], { objectMode: false }).pipe(createGunzip({ chunkSize: chunkBytes }));
  try {
    for await (const chunk of unpacked) yield chunk as Buffer;
  } catch (error) {
    throw manifestInvalid(blob, 'cannot be unpacked', error);
  } finally {
    unpacked.destroy();
  }
}
