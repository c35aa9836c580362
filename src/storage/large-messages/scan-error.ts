/** Not all that may hold a reference could be read, so nothing may be deleted. */
export class ScanError extends Error {
  override readonly name = 'ScanError';

  /** `subject` is what could not be read, for people. */
  constructor(subject: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${subject} cannot be read: ${reason}`, { cause });
  }
}
