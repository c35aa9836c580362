import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** What a request asks for. */
export interface Ask {
  readonly method: string;
  /** Empty for what concerns the account. */
  readonly container: string;
  /** Empty for what concerns the container. */
  readonly blob: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

/** What is answered; `headers` are names and values in turn. */
export interface Answer {
  readonly status: number;
  readonly headers?: readonly string[];
  readonly body?: Buffer | string;
}

/** Reads `/account/container/blob?query`. Throws a `URIError` when the path is not percent-encoded as it must be. */
export function readAsk({ url = '/', method = 'GET', headers }: IncomingMessage): Ask {
  const question = url.indexOf('?');
  const path = question === -1 ? url : url.slice(0, question);
  const account = path.indexOf('/', 1);
  const container = account === -1 ? -1 : path.indexOf('/', account + 1);
  return {
    method,
    container: account === -1 ? '' : path.slice(account + 1, container === -1 ? undefined : container),
    blob: container === -1 ? '' : decodeURIComponent(path.slice(container + 1)),
    query: new URLSearchParams(question === -1 ? '' : url.slice(question + 1)),
    headers,
  };
}

export function refuse(status: number, code: string): Answer {
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  return { status, headers: ['x-ms-error-code', code, 'content-type', 'application/xml'], body };
}

export function xml(body: string): Answer {
  const whole = `<?xml version="1.0" encoding="utf-8"?>${body}`;
  return { status: 200, headers: ['content-type', 'application/xml'], body: whole };
}

/** Text as the content of an element. */
export function escapeXml(text: string): string {
  if (!/[&<>]/u.test(text)) return text;
  // By name: the parser of the SDK for JavaScript does not know them by number.
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
