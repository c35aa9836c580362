import { refuse, xml, type Answer, type Ask } from './ask.ts';
import type { Blob, Block, Blobs } from './blobs.ts';
import type { Kind } from './kinds.ts';

/** The body of a request; without content when that is thrown away. */
export type Body = Block;

let changes = 0;
const metadataHeader = 'x-ms-meta-';

type Handler<B> = (blobs: Blobs, ask: Ask, blob: B, body: Body) => Answer;

/** Whatever conditions there are. */
const unconditional: Partial<Record<Kind, Handler<Blob | undefined>>> = {
  'put block': (blobs, ask, _, body) => putBlock(blobs, ask, body),
  'get block list': (blobs, { blob: name }, blob) => getBlockList(blobs, name, blob),
};

const writes: Partial<Record<Kind, Handler<Blob | undefined>>> = {
  'put blob': (blobs, ask, _, body) => write(blobs, ask, body),
  'put block list': (blobs, ask, _, body) => putBlockList(blobs, ask, body),
};

/** Of blobs that are there. */
const others: Partial<Record<Kind, Handler<Blob>>> = {
  'head blob': (_, __, blob) => ({ status: 200, headers: [...headersOf(blob), 'content-length', String(blob.size)] }),
  'get blob': (_, ask, blob) => read(ask, blob),
  snapshot: (blobs, { blob: name }, blob) => takeSnapshot(blobs, name, blob),
  'delete blob': deleteVersion,
  other: setMetadata,
};

/** Answers what concerns one blob of a container that is there. */
export function answerBlob(kind: Kind, blobs: Blobs, ask: Ask, body: Body): Answer {
  const snapshot = ask.query.get('snapshot');
  const found = snapshot === null ? blobs.get(ask.blob) : blobs.snapshots.get(ask.blob)?.get(snapshot);
  const first = unconditional[kind];
  if (first) return first(blobs, ask, found, body);
  const refused = checkConditions(ask, found);
  if (refused) return refused;
  const writing = writes[kind];
  if (writing) return writing(blobs, ask, found, body);
  if (!found) return refuse(404, 'BlobNotFound');
  return others[kind]?.(blobs, ask, found, body) ?? refuse(501, 'NotImplemented');
}

/** A blob with snapshots goes only with them, which its caller has to say. */
function deleteVersion(blobs: Blobs, { blob: name, query, headers }: Ask): Answer {
  const snapshots = blobs.snapshots.get(name);
  const snapshot = query.get('snapshot');
  if (snapshot !== null) snapshots?.delete(snapshot);
  else if (snapshots?.size && headers['x-ms-delete-snapshots'] !== 'include') return refuse(409, 'SnapshotsPresent');
  else blobs.delete(name);
  return { status: 202 };
}

function checkConditions({ headers }: Ask, found: Blob | undefined): Answer | undefined {
  const match = headers['if-match'];
  if (headers['if-none-match'] === '*' && found) return refuse(409, 'BlobAlreadyExists');
  if (match === undefined || (found && (match === '*' || match === found.etag))) return undefined;
  return refuse(412, 'ConditionNotMet');
}

function write(blobs: Blobs, { blob: name, headers }: Ask, { size, body }: Body): Answer {
  const said = headers['x-ms-blob-content-md5'] ?? headers['content-md5'];
  const type = String(headers['x-ms-blob-content-type'] ?? 'application/octet-stream');
  const blob = { size, body, metadata: metadataOf(headers), md5: String(said ?? ''), type, ...stamp() };
  blobs.set(name, blob);
  return { status: 201, headers: [...stampOf(blob), 'x-ms-request-server-encrypted', 'true'] };
}

function putBlock(blobs: Blobs, { blob, query }: Ask, body: Body): Answer {
  let staged = blobs.staged.get(blob);
  if (!staged) blobs.staged.set(blob, (staged = new Map()));
  staged.set(query.get('blockid') ?? '', body);
  return { status: 201, headers: ['x-ms-request-server-encrypted', 'true'] };
}

function putBlockList(blobs: Blobs, ask: Ask, { body = Buffer.alloc(0) }: Body): Answer {
  const staged = blobs.staged.get(ask.blob);
  const ids = [...body.toString().matchAll(/<(?:Latest|Uncommitted)>([^<]*)</gu)].map(([, id = '']) => id);
  const blocks = ids.map((id) => staged?.get(id)).filter((block) => block !== undefined);
  if (blocks.length < ids.length) return refuse(400, 'InvalidBlockList');
  blobs.staged.delete(ask.blob);
  const kept = blocks.map((block) => block.body).filter((part) => part !== undefined);
  const size = blocks.reduce((sum, block) => sum + block.size, 0);
  // What the request itself says of MD5 is said of the list.
  const { 'content-md5': _, ...headers } = ask.headers;
  return write(
    blobs,
    { ...ask, headers },
    kept.length < blocks.length ? { size } : { size, body: Buffer.concat(kept) },
  );
}

/** Of blocks that were committed nothing is known any more. */
function getBlockList(blobs: Blobs, name: string, found: Blob | undefined): Answer {
  const staged = blobs.staged.get(name);
  if (!staged && !found) return refuse(404, 'BlobNotFound');
  const blocks = [...(staged ?? [])].map(([id, { size }]) => `<Block><Name>${id}</Name><Size>${size}</Size></Block>`);
  const uncommitted = `<UncommittedBlocks>${blocks.join('')}</UncommittedBlocks>`;
  return xml(`<BlockList><CommittedBlocks/>${uncommitted}</BlockList>`);
}

function read({ headers }: Ask, blob: Blob): Answer {
  if (!blob.body) return refuse(409, 'ContentWasThrownAway');
  const range = /^bytes=(\d+)-(\d*)$/u.exec(String(headers['x-ms-range'] ?? headers.range ?? ''));
  if (!range) return { status: 200, headers: headersOf(blob), body: blob.body };
  const [from, last] = [Number(range[1]), range[2] === '' ? blob.size - 1 : Number(range[2])];
  if (from >= blob.size) return refuse(416, 'InvalidRange');
  const body = blob.body.subarray(from, last + 1);
  const part = ['content-range', `bytes ${from}-${from + body.length - 1}/${blob.size}`];
  return { status: 206, headers: [...headersOf(blob), ...part], body };
}

function takeSnapshot(blobs: Blobs, name: string, found: Blob): Answer {
  const taken = blobs.snapshots.get(name) ?? new Map<string, Blob>();
  // Seven digits after the second; the last four make those of one millisecond differ.
  const time = new Date().toISOString().replace('Z', `${String((changes += 1) % 10_000).padStart(4, '0')}Z`);
  blobs.snapshots.set(name, taken.set(time, found));
  return { status: 201, headers: [...stampOf(found), 'x-ms-snapshot', time] };
}

function setMetadata(blobs: Blobs, { query, blob: name, headers }: Ask, found: Blob): Answer {
  if (query.get('comp') !== 'metadata') return refuse(501, 'NotImplemented');
  const blob = { ...found, metadata: metadataOf(headers), ...stamp() };
  blobs.set(name, blob);
  return { status: 200, headers: stampOf(blob) };
}

function metadataOf(headers: Ask['headers']): string[] {
  const found: string[] = [];
  for (const name in headers) {
    if (name.startsWith(metadataHeader)) found.push(name.slice(metadataHeader.length), String(headers[name]));
  }
  return found;
}

function stamp(): Pick<Blob, 'etag' | 'modified'> {
  changes += 1;
  return { etag: `"0x${changes.toString(16).toUpperCase()}"`, modified: httpDate() };
}

let second = 0;
let date = '';

/** One text for all blobs of a second. */
function httpDate(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) [second, date] = [now, new Date(now * 1000).toUTCString()];
  return date;
}

function stampOf({ etag, modified }: Blob): string[] {
  return ['etag', etag, 'last-modified', modified];
}

function headersOf(blob: Blob): string[] {
  const headers = [
    ...stampOf(blob),
    'content-type',
    blob.type,
    'x-ms-blob-type',
    'BlockBlob',
    'accept-ranges',
    'bytes',
  ];
  if (blob.md5 !== '') headers.push('content-md5', blob.md5);
  return headers.concat(blob.metadata.map((text, i) => (i % 2 === 0 ? metadataHeader + text : text)));
}
