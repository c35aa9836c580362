import type { ContainerClient } from '@azure/storage-blob';
import { BlobStoreError } from './blob-store.ts';
import type { ServiceAnswer } from './pace/busy.ts';

/** What opens an account: its key or a shared access signature, which a connection string holds, or the identity of the environment. */
type AccessKind = 'key' | 'signature' | 'identity';

/** The service that is asked, as errors tell of it. */
export interface Service {
  /** Of the container, without secrets. */
  readonly url: string;
  readonly access: AccessKind;
}

export function serviceOf(client: ContainerClient): Service {
  const { credential } = client;
  const [url = client.url] = client.url.split('?');
  // Not by their classes, which belong to whichever copy of the SDK the client came from.
  if ('getToken' in credential) return { url, access: 'identity' };
  return { url, access: 'computeHMACSHA256' in credential ? 'key' : 'signature' };
}

const variable = 'AZURE_STORAGE_CONNECTION_STRING';
const role = 'give it the role Storage Blob Data Contributor for this account';
const network = "look whether the account's network rules let this machine in";

interface Refused {
  readonly what: string;
  readonly fix: string;
  /** Where the code says more. */
  readonly byCode?: Readonly<Record<string, string>>;
}

const refusals: Readonly<Record<AccessKind, Refused>> = {
  key: {
    what: 'the account key',
    fix: `set ${variable} to one with a present key of this account, whole, and ${network}`,
    byCode: {
      KeyBasedAuthenticationNotPermitted: `it takes no keys: set AZURE_STORAGE_ACCOUNT in place of ${variable}, and sign in`,
    },
  },
  signature: {
    what: 'the shared access signature',
    fix: `set ${variable} to one whose signature has not expired, allows this, and may be used from here`,
  },
  identity: {
    what: 'the identity of this environment',
    fix: `${role}, and ${network}`,
    byCode: { AuthorizationPermissionMismatch: role },
  },
};

// All codes that are about who asks, and not about what is asked for.
const isAboutAccess = /^(?:Authenti|Authoriz|InvalidAuthentication|NoAuthentication|KeyBasedAuthentication)/u;

/**
 * What to do about an answer that refuses who asks, in one sentence that says where that is set; undefined for every other answer.
 * `action` is what was asked for.
 */
export function accessRefusal(
  { status, code }: Pick<ServiceAnswer, 'status' | 'code'>,
  action: string,
  { url, access }: Service,
): string | undefined {
  if ((status !== 401 && status !== 403) || !code || !isAboutAccess.test(code)) return undefined;
  const { what, fix, byCode } = refusals[access];
  return `${url} refuses ${what} (${action}: ${status} ${code}): ${byCode?.[code] ?? fix}`;
}

const ways =
  'run `az login`, give this machine a managed identity, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; ' +
  `or set ${variable}, which has a key or a shared access signature, in place of AZURE_STORAGE_ACCOUNT`;

/** The error of an identity that could not be had, of what the SDK's chain of credentials threw; one that was had before may come back. */
export function notSignedIn(thrown: unknown, account: string, isKnown: boolean): BlobStoreError {
  const errors = (thrown as { readonly errors?: readonly Error[] }).errors ?? [thrown as Error];
  const failed = errors.find(({ name }) => name !== 'CredentialUnavailableError');
  const why = failed
    ? `signing in to the storage account ${account} failed (${failed.message.split('\n')[0]})`
    : `nobody is signed in to the storage account ${account}`;
  return new BlobStoreError(isKnown ? 'unavailable' : 'refused', `${why}: ${ways}`, { cause: thrown });
}
