import express, { type Request, type Response } from 'express';
import { HttpProblem } from '../problem.ts';

/** Deeper values make serialisers overflow their stack; Durable Functions refuses them at the same depth. */
const maxDepth = 64;

/** Reads the whole body, of whatever type, for {@link readJsonBody}. A longer one is a 413, an unknown Content-Encoding a 415. */
export async function collectBody(request: Request, response: Response, limit: number): Promise<void> {
  const collect = express.raw({ type: () => true, limit });
  await new Promise<void>((resolve, reject) => {
    collect(request, response, (error?: unknown) => (error ? reject(error) : resolve()));
  });
}

interface JsonBodyOptions {
  /** Accept JSON of any declared type. By default a type that is not JSON's is a 415, and none is fine. */
  readonly anyType?: boolean;
  /** Ends the message about what is not JSON: what to send instead. */
  readonly hint?: string;
}

/**
 * The value of the body that {@link collectBody} read; undefined when it is empty. Throws a 400 {@link HttpProblem} for what is not
 * UTF-8, not JSON or nested too deep, and a 415 for another type or charset.
 */
export function readJsonBody(request: Request, { anyType = false, hint = '' }: JsonBodyOptions = {}): unknown {
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) return undefined;
  const text = decode(bytes);
  if (text.trim() === '') return undefined;
  checkType(request, anyType);
  if (isDeeperThan(bytes, maxDepth)) {
    throw new HttpProblem(400, `The body is nested deeper than ${maxDepth} levels`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpProblem(400, `The body is not valid JSON${hint === '' ? '' : `: ${hint}`}`);
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new HttpProblem(400, 'The body is not valid UTF-8');
  }
}

function checkType(request: Request, anyType: boolean): void {
  const type = request.get('content-type');
  if (type === undefined) return;
  if (!anyType && !request.is(['application/json', '+json'])) {
    throw new HttpProblem(415, `The content type is ${type}; send application/json`);
  }
  const charset = /;\s*charset\s*=\s*"?([^\s";]*)/iu.exec(type)?.[1];
  if (charset !== undefined && !/^(?:utf-?8|us-ascii)$/iu.test(charset)) {
    throw new HttpProblem(415, `The charset is ${charset}; send UTF-8`);
  }
}

const [quote, backslash] = [0x22, 0x5c];
const opening = new Set([0x5b, 0x7b]);
const closing = new Set([0x5d, 0x7d]);

/** Whether brackets outside of strings are open more than `limit` deep. Reads any bytes, once and without recursion. */
function isDeeperThan(bytes: Buffer, limit: number): boolean {
  let depth = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === quote) at = endOfString(bytes, at);
    else if (opening.has(byte)) depth += 1;
    else if (closing.has(byte)) depth -= 1;
    if (depth > limit) return true;
  }
  return false;
}

function endOfString(bytes: Buffer, start: number): number {
  for (let at = start + 1; at < bytes.length; at += 1) {
    if (bytes[at] === backslash) at += 1;
    else if (bytes[at] === quote) return at;
  }
  return bytes.length;
}
