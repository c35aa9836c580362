import type { Ask } from './ask.ts';

/** What requests are counted by. */
export type Kind =
  | 'put blob'
  | 'put block'
  | 'put block list'
  | 'get blob'
  | 'head blob'
  | 'get block list'
  | 'list blobs'
  | 'snapshot'
  | 'delete blob'
  | 'container'
  | 'account'
  | 'other';

// By the method, and the parameter `comp` where there is one.
const blobKinds: Readonly<Record<string, Kind>> = {
  PUT: 'put blob',
  'PUT block': 'put block',
  'PUT blocklist': 'put block list',
  'PUT snapshot': 'snapshot',
  GET: 'get blob',
  'GET blocklist': 'get block list',
  HEAD: 'head blob',
  DELETE: 'delete blob',
};

export function kindOf({ method, container, blob, query }: Ask): Kind {
  const comp = query.get('comp') ?? '';
  if (container === '') return 'account';
  if (blob === '') return comp === 'list' ? 'list blobs' : 'container';
  return blobKinds[comp === '' ? method : `${method} ${comp}`] ?? 'other';
}
