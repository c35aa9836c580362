import { chmod, lstat, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { content } from '../support/tree.ts';
import type { Change, Edit } from './actions.ts';
import { fingerprintOf, type Fingerprint, type Node } from './fingerprint.ts';

/**
 * A directory tree on disk beside a plain map that says what is in it. Both change together; an edit that makes no sense (a file below
 * a file) changes neither.
 */
export class ModelTree {
  readonly root: string;
  readonly #nodes = new Map<string, Node>();

  constructor(root: string) {
    this.root = root;
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** Every path with what it holds by the map, and with the mode and time that the disk gave it. */
  async fingerprint(): Promise<Fingerprint> {
    const found: Fingerprint = new Map();
    for (const [path, node] of this.#nodes)
      found.set(path, fingerprintOf(node, await lstat(this.#at(path), { bigint: true })));
    return found;
  }

  /** Whether the edit made sense. */
  async apply(edit: Edit): Promise<boolean> {
    const path = edit.path.join('/');
    const node = this.#nodes.get(path);
    if (edit.do === 'write') return this.#write(path, content(edit.size, edit.seed));
    if (edit.do === 'make directory') return this.#makeDirectory(path);
    if (edit.do === 'link') return this.#link(path, edit.target);
    if (edit.do === 'rename') return this.#rename(path, edit.to.join('/'));
    if (edit.do === 'delete') return this.#delete(path);
    return node !== undefined && this.#change(path, node, edit);
  }

  async #change(path: string, node: Node, edit: Change): Promise<boolean> {
    switch (edit.do) {
      case 'append':
        return this.#rewrite(path, ({ bytes }) => Buffer.concat([bytes, content(edit.size, edit.seed)]));
      case 'truncate':
        return this.#rewrite(path, ({ bytes }) => bytes.subarray(0, edit.size));
      case 'rewrite in secret':
        return this.#rewriteInSecret(path, edit.seed);
      case 'touch':
      case 'chmod':
        return this.#setAttributes(path, node, edit);
      case 'replace by another kind':
        await this.#delete(path);
        return this.#write(node.kind === 'directory' ? path : `${path}/inside`, content(100, edit.seed));
    }
  }

  async #setAttributes(
    path: string,
    { kind }: Node,
    edit: Extract<Change, { do: 'touch' | 'chmod' }>,
  ): Promise<boolean> {
    if (kind === 'symlink') return false;
    if (edit.do === 'touch') await utimes(this.#at(path), edit.seconds, edit.seconds);
    // A directory that its owner may not enter could not be edited any more.
    else await chmod(this.#at(path), kind === 'directory' ? edit.mode | 0o700 : edit.mode);
    return true;
  }

  async #write(path: string, bytes: Buffer): Promise<boolean> {
    const node = this.#nodes.get(path);
    if ((node && node.kind !== 'file') || !(await this.#makeParents(path))) return false;
    // Whoever is not root may write a read-only file only after this.
    if (node) await chmod(this.#at(path), 0o600);
    await writeFile(this.#at(path), bytes);
    this.#nodes.set(path, { kind: 'file', bytes });
    return true;
  }

  async #rewrite(path: string, change: (node: Extract<Node, { kind: 'file' }>) => Buffer): Promise<boolean> {
    const node = this.#nodes.get(path);
    if (node?.kind !== 'file') return false;
    // Through another buffer, so that what the map holds is not what is written from.
    return this.#write(path, Buffer.from(change(node)));
  }

  async #rewriteInSecret(path: string, seed: number): Promise<boolean> {
    const node = this.#nodes.get(path);
    if (node?.kind !== 'file') return false;
    const at = this.#at(path);
    const { atimeMs, mtimeMs } = await lstat(at);
    await this.#rewrite(path, ({ bytes }) => content(bytes.length, seed));
    await utimes(at, atimeMs / 1000, mtimeMs / 1000);
    return true;
  }

  async #link(path: string, target: string): Promise<boolean> {
    if (this.#nodes.has(path) || !(await this.#makeParents(path))) return false;
    await symlink(Buffer.from(target, 'latin1'), this.#at(path));
    this.#nodes.set(path, { kind: 'symlink', target });
    return true;
  }

  async #rename(from: string, to: string): Promise<boolean> {
    const isBelow = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);
    if (!this.#nodes.has(from) || this.#nodes.has(to) || isBelow(to, from) || isBelow(from, to)) return false;
    if (!(await this.#makeParents(to))) return false;
    await rename(this.#at(from), this.#at(to));
    for (const [path, node] of this.#nodes) {
      if (!isBelow(path, from)) continue;
      this.#nodes.delete(path);
      this.#nodes.set(to + path.slice(from.length), node);
    }
    return true;
  }

  async #delete(path: string): Promise<boolean> {
    if (!this.#nodes.has(path)) return false;
    await rm(this.#at(path), { recursive: true });
    for (const known of this.#nodes.keys()) {
      if (known === path || known.startsWith(`${path}/`)) this.#nodes.delete(known);
    }
    return true;
  }

  async #makeDirectory(path: string): Promise<boolean> {
    if (this.#nodes.has(path) || !(await this.#makeParents(path))) return false;
    await mkdir(this.#at(path));
    this.#nodes.set(path, { kind: 'directory' });
    return true;
  }

  async #makeParents(path: string): Promise<boolean> {
    const parents = [...path.matchAll(/\//gu)].map(({ index }) => path.slice(0, index));
    if (parents.some((parent) => (this.#nodes.get(parent)?.kind ?? 'directory') !== 'directory')) return false;
    for (const parent of parents) if (!this.#nodes.has(parent)) await this.#makeDirectory(parent);
    return true;
  }

  #at(path: string): Buffer {
    return Buffer.concat([Buffer.from(`${this.root}/`), Buffer.from(path, 'latin1')]);
  }
}
