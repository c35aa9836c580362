import {
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
  type ContainerClient,
} from '@azure/storage-blob';

const minute = 60_000;
const hour = 60 * minute;
// Enough for the slowest request that is under way when it is renewed.
const renewBefore = hour / 2;
// https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory
const tokenScope = 'https://storage.azure.com/.default';

/** What lets a request pass: parameters of its URL, or headers. */
export interface Access {
  /** Without the question mark; empty when there is none. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Access to a container by whatever the client was opened with. An account's key is turned into a shared access signature that may
 * read and write this container, renewed in time: signing every request by itself costs a sixth of the time that a small one takes.
 */
export function createAccess(client: ContainerClient): () => Promise<Access> {
  const { credential } = client;
  if (credential instanceof StorageSharedKeyCredential)
    return renewed(() => {
      const expiresOn = new Date(Date.now() + 2 * hour);
      const { containerName } = client;
      const permissions = ContainerSASPermissions.parse('rcw');
      const query = generateBlobSASQueryParameters({ containerName, permissions, expiresOn }, credential).toString();
      return Promise.resolve({ query, headers: {}, expiresAt: expiresOn.getTime() });
    });
  if ('getToken' in credential)
    return renewed(async () => {
      const token = await credential.getToken(tokenScope);
      if (!token) throw new Error('the identity of this environment gave no token for storage');
      return {
        query: '',
        headers: { authorization: `Bearer ${token.token}` },
        expiresAt: token.expiresOnTimestamp,
      };
    });
  const access = { query: new URL(client.url).search.slice(1), headers: {} };
  return () => Promise.resolve(access);
}

interface Granted extends Access {
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/**
 * Keeps what `grant` gave until shortly before it expires; asks once for all who wait. When that fails, what is held serves on for as
 * long as it lasts, and `grant` is asked again a minute later.
 */
function renewed(grant: () => Promise<Granted>): () => Promise<Access> {
  let held: Granted | undefined;
  let renewAt = 0;
  let asking: Promise<Access> | undefined;

  const renew = async () => {
    try {
      held = await grant();
      const left = held.expiresAt - Date.now();
      renewAt = Date.now() + Math.max(left - renewBefore, left / 2);
    } catch (error) {
      if (!held || Date.now() >= held.expiresAt) throw error;
      renewAt = Date.now() + minute;
    } finally {
      asking = undefined;
    }
    return held;
  };

  return async () => (held && Date.now() < renewAt ? held : (asking ??= renew()));
}
