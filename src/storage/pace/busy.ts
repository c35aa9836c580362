/** What a service answered in words of its own. */
export interface ServiceAnswer {
  readonly status: number;
  /** From its header `x-ms-error-code`. */
  readonly code?: string | undefined;
  /** Its header `Retry-After` as it came. */
  readonly retryAfter?: string | null | undefined;
  /** Its header `Date` as it came: what its own clock said. */
  readonly date?: string | null | undefined;
}

/** The service asks to be asked less: the request was not done, or not in time, and may be once there are fewer. */
export class Busy extends Error {
  override readonly name = 'Busy';
  readonly answer: ServiceAnswer;

  constructor(answer: ServiceAnswer, options?: ErrorOptions) {
    super(`answered ${answer.status}`, options);
    this.answer = answer;
  }
}

/** https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes */
export function isBusy({ status, code }: ServiceAnswer): boolean {
  return status === 503 || status === 429 || (status === 500 && code === 'OperationTimedOut');
}

/** Milliseconds until the moment that a header `Retry-After` names, in seconds or as a date; 0 where it names none. */
export function retryAfterMs(header: string | null | undefined, now: number = Date.now()): number {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/u.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? 0 : Math.max(date - now, 0);
}
