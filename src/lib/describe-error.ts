// Far more than any chain has, and an end for one that leads back to itself.
const mostCauses = 10;

/**
 * An error as logs print it, of which JSON would make an empty object: its type, its message and all its causes, from whatever realm or
 * thread it comes; everything else as it is. Describing it again changes nothing.
 */
export function describeError(thrown: unknown, causes = mostCauses): unknown {
  if (!isErrorLike(thrown)) return thrown;
  const { type, name, message, code, stack, cause, errors } = thrown;
  const within = (error: unknown) => (causes === 0 ? '…' : describeError(error, causes - 1));
  return {
    // The `type` that it was given, or the name of its class.
    type: typeof type === 'string' && type !== '' ? type : name,
    message,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    stack,
    ...(cause !== undefined && { cause: within(cause) }),
    ...(Array.isArray(errors) && { errors: errors.map(within) }),
  };
}

/** The same of each field of a line. */
export function describeErrors(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, describeError(value)]));
}

interface ErrorLike extends Error {
  readonly type?: unknown;
  readonly code?: unknown;
  readonly errors?: unknown;
}

// Not by its class: that is another in another realm, and lost between threads.
function isErrorLike(thrown: unknown): thrown is ErrorLike {
  if (typeof thrown !== 'object' || thrown === null) return false;
  const { message, stack } = thrown as Partial<ErrorLike>;
  return typeof message === 'string' && typeof stack === 'string';
}
