/** A directory that stays open until the promise is settled that it was given for. */
export interface OpenDirectory {
  readonly fd: number;
  readonly device: bigint;
}
