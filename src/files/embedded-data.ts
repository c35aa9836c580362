import { isInside } from './confine.ts';
import { ExpectedError, failureTypes } from '../contracts/failures.ts';

/** The real path of the directory that holds the embedded servers' data; undefined where there is none. */
export type FindEmbeddedData = () => Promise<string | undefined>;

/** Throws `InvalidInput` when a root, whose real path is `real`, lies in the data of the embedded servers: a backup of its own store grows for ever. */
export function requireOutsideData(root: string, real: string, embeddedData: string | undefined): void {
  if (embeddedData === undefined || !isInside(real, embeddedData)) return;
  throw new ExpectedError(
    failureTypes.invalidInput,
    `root: ${root} is in ${embeddedData}, which holds the data of the embedded servers: back up another directory, or set DATA_DIR to one apart`,
  );
}
