import { refuse, xml, type Answer, type Ask } from './ask.ts';
import { answerBlob, type Body } from './blob-answers.ts';
import { Blobs } from './blobs.ts';
import type { Kind } from './kinds.ts';
import { listBlobs } from './list-blobs.ts';

/** Makes a storage account in memory: the function that answers what is asked of it. No signature is looked at. */
export function createAccount(): (kind: Kind, ask: Ask, body: Body) => Answer {
  const containers = new Map<string, Blobs>();

  const answerContainer = ({ method, container }: Ask): Answer => {
    const isThere = containers.has(container);
    const described = ['etag', '"0x1"', 'last-modified', new Date(0).toUTCString()];
    if (method === 'PUT' && isThere) return refuse(409, 'ContainerAlreadyExists');
    if (method === 'PUT') {
      containers.set(container, new Blobs());
      return { status: 201, headers: described };
    }
    if (!isThere) return refuse(404, 'ContainerNotFound');
    if (method !== 'DELETE') return { status: 200, headers: described };
    containers.delete(container);
    return { status: 202 };
  };

  const answerAccount = ({ query }: Ask): Answer => {
    if (query.get('comp') === 'properties')
      return { status: 200, headers: ['x-ms-sku-name', 'Standard_LRS', 'x-ms-account-kind', 'StorageV2'] };
    const properties = `<Properties><Last-Modified>${new Date(0).toUTCString()}</Last-Modified><Etag>0x1</Etag></Properties>`;
    const listed = [...containers.keys()].map((name) => `<Container><Name>${name}</Name>${properties}</Container>`);
    return xml(`<EnumerationResults><Containers>${listed.join('')}</Containers><NextMarker/></EnumerationResults>`);
  };

  return (kind, ask, body) => {
    if (kind === 'account') return answerAccount(ask);
    if (kind === 'container') return answerContainer(ask);
    const blobs = containers.get(ask.container);
    if (!blobs) return refuse(404, 'ContainerNotFound');
    return kind === 'list blobs' ? listBlobs(blobs, ask) : answerBlob(kind, blobs, ask, body);
  };
}
