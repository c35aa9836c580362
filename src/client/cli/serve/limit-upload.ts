import { ExpectedError } from '../../../contracts/failures.ts';
import type { Call } from '../invocation.ts';

/** Bytes per second that the command line allows. */
export interface UploadLimited {
  readonly limitUpload?: number;
}

/**
 * The call with the limit in the place of the environment's. Throws an {@link ExpectedError} where the files are sent by workers
 * elsewhere, which would never know of it.
 */
export function limitUpload<C extends Call & UploadLimited & { readonly worker: boolean }>(call: C): C {
  const { config, limitUpload: uploadLimit, worker } = call;
  if (uploadLimit === undefined) return call;
  if (config.temporal.named && !worker)
    throw new ExpectedError(
      'InvalidConfiguration',
      '--limit-upload holds for a worker in this process, and TEMPORAL_ADDRESS or TEMPORAL_PROFILE names others: set UPLOAD_LIMIT where ' +
        'they run, or add --worker to run one here',
    );
  return { ...call, config: { ...config, worker: { ...config.worker, uploadLimit } } };
}
