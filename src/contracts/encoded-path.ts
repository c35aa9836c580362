/**
 * A path as text, reversibly. Linux names are bytes and need not be UTF-8, while blob names, JSON and HTTP hold text,
 * so everywhere in this project a path is its encoded form: plain names stay as they are, and what Azure refuses,
 * rewrites or cannot carry becomes `%XX`, byte by byte.
 */
export type EncodedPath = string;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

// `%` marks an escape; Azure turns `\` into `/`, and refuses control characters and U+FFFE/U+FFFF. U+FFFD is what careless readers
// make of a bad byte, so a true one is escaped to stay apart.
// oxlint-disable-next-line no-control-regex
const unsafeCharacters = /[%\\\u0000-\u001f\u007f-\u009f\ufffd-\uffff]/gu;

const beyondUtf16Unit = /[\u{10000}-\u{10ffff}]/u;

/** Encodes bytes that need not be a name, such as the target of a symlink; `/` and dots stay. */
export function encodeText(bytes: Buffer): EncodedPath {
  const text = decodeUtf8(bytes);
  return text === undefined ? escapeMixed(bytes) : text.replace(unsafeCharacters, escapeText);
}

/** Encodes one name. Throws a TypeError when it is empty or holds a `/`: such a name cannot come from a directory. */
export function encodeSegment(name: Buffer): EncodedPath {
  if (name.length === 0 || name.includes(0x2f)) throw new TypeError('a path segment is never empty and holds no /');
  return escapeEnd(encodeText(name));
}

/** Encodes a relative path, segment by segment. */
export function encodePath(path: Buffer): EncodedPath {
  const segments: string[] = [];
  for (let start = 0; start <= path.length;) {
    const slash = path.indexOf(0x2f, start);
    const end = slash === -1 ? path.length : slash;
    segments.push(encodeSegment(path.subarray(start, end)));
    start = end + 1;
  }
  return segments.join('/');
}

/** The bytes that an encoded path stands for. */
export function decodePath(path: EncodedPath): Buffer {
  if (!path.includes('%')) return Buffer.from(path);
  const parts = path.split(/((?:%[0-9A-F]{2})+)/u);
  return Buffer.concat(
    parts.map((part, i) => (i % 2 === 1 ? Buffer.from(part.replaceAll('%', ''), 'hex') : Buffer.from(part))),
  );
}

/** A path for people to read: exact where it is UTF-8, with U+FFFD for other bytes. */
export function displayPath(path: EncodedPath): string {
  return path.includes('%') ? decodePath(path).toString() : path;
}

/** Orders encoded paths by their UTF-8 bytes, the order in which Azure lists blobs. */
export function comparePaths(a: EncodedPath, b: EncodedPath): number {
  if (a === b) return 0;
  // JavaScript compares UTF-16 units, which differ from bytes only where surrogates meet U+E000 to U+FFFF.
  if (beyondUtf16Unit.test(a) || beyondUtf16Unit.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

// Walks a name that is not UTF-8: the longest valid character at each place stays text, any other byte is escaped.
function escapeMixed(name: Buffer): string {
  let out = '';
  for (let at = 0; at < name.length;) {
    const length = [1, 2, 3, 4].find(
      (n) => at + n <= name.length && decodeUtf8(name.subarray(at, at + n)) !== undefined,
    );
    const bytes = name.subarray(at, at + (length ?? 1));
    out += length === undefined ? escapeBytes(bytes) : bytes.toString().replace(unsafeCharacters, escapeText);
    at += bytes.length;
  }
  return out;
}

function escapeText(text: string): string {
  return escapeBytes(Buffer.from(text));
}

function escapeBytes(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return out;
}

// Azure drops a final dot, Windows a final dot or space, and URL parsers resolve `.` and `..`.
function escapeEnd(text: string): string {
  return text === '..' ? '%2E%2E' : text.replace(/[. ]$/u, escapeText);
}
