import { comparePaths } from '../../src/contracts/encoded-path.ts';

/** A blob as it is; never changed in place. */
export interface Blob {
  readonly size: number;
  /** Absent when the target was told to throw such content away. */
  readonly body?: Buffer | undefined;
  /** Names and values in turn: one flat list takes far less memory than an object for each of a million blobs. */
  readonly metadata: readonly string[];
  /** As the client said it; empty when it said none. */
  readonly md5: string;
  readonly type: string;
  readonly etag: string;
  /** An HTTP date. */
  readonly modified: string;
}

export interface Block {
  readonly size: number;
  readonly body?: Buffer | undefined;
}

/** The blobs of one container, in memory. */
export class Blobs {
  // By the first folder of the name, so that a listing of one folder does not look at a million names in another.
  readonly #folders = new Map<string, Map<string, Blob>>();
  #sorted: { readonly prefix: string; readonly names: readonly string[] } | undefined;
  readonly staged = new Map<string, Map<string, Block>>();
  /** By name, then by time. */
  readonly snapshots = new Map<string, Map<string, Blob>>();

  get(name: string): Blob | undefined {
    return this.#folders.get(folderOf(name))?.get(name);
  }

  set(name: string, blob: Blob): void {
    const key = folderOf(name);
    let folder = this.#folders.get(key);
    if (folder === undefined) this.#folders.set(key, (folder = new Map()));
    if (!folder.has(name)) this.#forgetOrder(name);
    folder.set(name, blob);
  }

  delete(name: string): void {
    this.#forgetOrder(name);
    this.#folders.get(folderOf(name))?.delete(name);
    this.snapshots.delete(name);
  }

  /** All names that begin with the prefix, in the order of their bytes; good until the next change. */
  names(prefix: string): readonly string[] {
    if (this.#sorted?.prefix === prefix) return this.#sorted.names;
    const folders = prefix.includes('/') ? [this.#folders.get(folderOf(prefix))] : this.#folders.values();
    const names: string[] = [];
    for (const folder of folders)
      for (const name of folder?.keys() ?? []) if (name.startsWith(prefix)) names.push(name);
    names.sort(comparePaths);
    this.#sorted = { prefix, names };
    return names;
  }

  #forgetOrder(name: string): void {
    if (this.#sorted !== undefined && name.startsWith(this.#sorted.prefix)) this.#sorted = undefined;
  }
}

function folderOf(name: string): string {
  const end = name.indexOf('/');
  return end === -1 ? '' : name.slice(0, end);
}
