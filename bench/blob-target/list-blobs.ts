import { comparePaths } from '../../src/contracts/encoded-path.ts';
import { escapeXml, xml, type Answer, type Ask } from './ask.ts';
import type { Blob, Blobs } from './blobs.ts';

const largestPage = 5000;
// What XML 1.0 cannot hold at all, or not without numbers.
const unwritable = /[\p{Cc}\ufffe\uffff]/u;

/** List Blobs; a marker is the name that the next page begins with. */
export function listBlobs(blobs: Blobs, { query }: Ask): Answer {
  const asked = (parameter: string) => query.get(parameter) ?? '';
  const [prefix, delimiter, include] = [asked('prefix'), asked('delimiter'), asked('include')];
  const marker = decodeURIComponent(asked('marker'));
  const most = Math.min(Number(asked('maxresults')) || largestPage, largestPage);
  const names = blobs.names(prefix);
  const parts: string[] = [];
  let at = firstWhere(names, (name) => comparePaths(name, marker) >= 0);
  for (let count = 0; at < names.length && count < most; count += 1) {
    const name = names[at] ?? '';
    const cut = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
    if (cut === -1) {
      parts.push(...versionsOf(blobs, name, include));
      at += 1;
    } else {
      const folder = name.slice(0, cut + delimiter.length);
      parts.push(`<BlobPrefix>${nameElement(folder)}</BlobPrefix>`);
      at = firstWhere(names, (other) => comparePaths(other, folder) > 0 && !other.startsWith(folder));
    }
  }
  const next = encodeURIComponent(names[at] ?? '');
  return xml(
    `<EnumerationResults><Blobs>${parts.join('')}</Blobs><NextMarker>${next}</NextMarker></EnumerationResults>`,
  );
}

function versionsOf(blobs: Blobs, name: string, include: string): string[] {
  const taken = include.includes('snapshots') ? [...(blobs.snapshots.get(name) ?? [])] : [];
  const older = taken.map(([time, blob]) => element(name, blob, include, `<Snapshot>${time}</Snapshot>`));
  const blob = blobs.get(name);
  return blob ? [...older, element(name, blob, include, '')] : older;
}

function element(name: string, blob: Blob, include: string, snapshot: string): string {
  const { modified, etag, size, type, md5 } = blob;
  const times = `<Creation-Time>${modified}</Creation-Time><Last-Modified>${modified}</Last-Modified>`;
  const content = `<Content-Length>${size}</Content-Length><Content-Type>${escapeXml(type)}</Content-Type>`;
  const sum = md5 === '' ? '' : `<Content-MD5>${md5}</Content-MD5>`;
  const rest = `<Etag>${etag.replaceAll('"', '')}</Etag>${content}${sum}<BlobType>BlockBlob</BlobType>`;
  const metadata = include.includes('metadata') ? `<Metadata>${metadataElements(blob)}</Metadata>` : '';
  return `<Blob>${nameElement(name)}${snapshot}<Properties>${times}${rest}</Properties>${metadata}</Blob>`;
}

function nameElement(name: string): string {
  if (unwritable.test(name)) return `<Name Encoded="true">${encodeURIComponent(name)}</Name>`;
  return `<Name>${escapeXml(name)}</Name>`;
}

function metadataElements({ metadata }: Blob): string {
  let elements = '';
  for (let i = 0; i < metadata.length; i += 2) {
    elements += `<${metadata[i]}>${escapeXml(metadata[i + 1] ?? '')}</${metadata[i]}>`;
  }
  return elements;
}

/** Where the first of the sorted names is for which this holds; it must hold for all after it. */
function firstWhere(names: readonly string[], holds: (name: string) => boolean): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(names[middle] ?? '')) high = middle;
    else low = middle + 1;
  }
  return low;
}
