/** What a block thread is asked; it answers in the order of asking. `file` is a number of the asker's own for one pass over a file. */
export type Question = { readonly id: number; readonly file: number } & (
  | {
      /** The next bytes of the file, which also go into its SHA-256. */
      readonly ask: 'read';
      readonly descriptor: number;
      readonly position: number;
      readonly length: number;
      readonly into: SharedArrayBuffer;
      /** Whether the block's own MD5 is wanted. */
      readonly md5: boolean;
    }
  /** That of all that was read; the pass ends with it. */
  | { readonly ask: 'sha256' }
  /** Ends a pass without it. */
  | { readonly ask: 'forget' }
);

export interface Answer {
  readonly id: number;
  /** Bytes read; fewer than asked for only where the file ends. */
  readonly length?: number;
  /** In base64. */
  readonly md5?: string;
  /** In hexadecimal. */
  readonly sha256?: string;
  readonly error?: Pick<NodeJS.ErrnoException, 'message' | 'code' | 'errno' | 'syscall'>;
}
