import { isIP } from 'node:net';
import { delimiter, resolve } from 'node:path';
import { z } from 'zod';
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import type { UnknownSku } from './inventory/inventory.ts';
import { parsePrice } from './inventory/money.ts';
import { Secret } from './lib/secret.ts';

/** A variable that holds digits, as a number from min to max. */
export function wholeNumber(min: number, max: number) {
  return z
    .string()
    .refine((text) => /^\d{1,9}$/u.test(text) && Number(text) >= min && Number(text) <= max, {
      message: `must be a whole number from ${min} to ${max}`,
    })
    .transform(Number);
}

export const port = (fallback: number) => wholeNumber(0, 65_535).default(fallback);
export const count = (fallback: number, max: number) => wholeNumber(1, max).default(fallback);
export const secret = z.string().transform((value) => new Secret(value));

export const containerName = z.string().regex(/^(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*$/u, {
  message: 'must be 3 to 63 lower-case letters, digits and single hyphens, with a letter or digit at both ends',
});

/** Where blobs go: a connection string, or an account reached with the identity of the environment. */
type StorageAccount = { readonly connectionString: Secret } | { readonly account: string };

/** The account that two variables name, the first of them first. Undefined where neither does. */
export function storageAccount(connectionString?: Secret, account?: string): StorageAccount | undefined {
  if (connectionString) return { connectionString };
  return account === undefined ? undefined : { account };
}

const proxyGroups = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** How many proxies stand before the server, or which. Undefined where the text says neither. */
export function proxies(text: string): number | string[] | undefined {
  if (/^[1-9]\d?$/u.test(text.trim())) return Number(text);
  const listed = text.split(',').map((entry) => entry.trim());
  return listed.every((entry) => proxyGroups.has(entry) || isSubnet(entry)) ? listed : undefined;
}

function isSubnet(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/u.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/** What becomes of an item that the inventory does not know. Undefined where the text is neither `reject` nor a price. */
export function unknownSku(text: string): UnknownSku | undefined {
  if (text === 'reject') return text;
  const priceCents = parsePrice(text);
  return priceCents === undefined ? undefined : { priceCents };
}

/** Names with commas between them, each once. */
export function splitNames(value: string): string[] {
  const names = value.split(',').map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}

/** Directories with the system's delimiter between them, as absolute paths. */
export function splitRoots(value: string): string[] {
  return value
    .split(delimiter)
    .filter((root) => root !== '')
    .map((root) => resolve(root));
}

/** `true` or `false`, which it is unless given. */
export const yesOrNo = z
  .enum(['true', 'false'], { message: 'must be true or false' })
  .default('false')
  .transform((text) => text === 'true');

/** What an address of a collector must be. */
export const otlpUrl = { protocol: /^https?$/u, message: 'must be a URL such as http://127.0.0.1:4318' } as const;

/** Where traces go; undefined where nobody asked for them. */
export function tracingOf(variables: {
  readonly TRACE_FILE?: string | undefined;
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  readonly OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?: string | undefined;
  readonly OTEL_SERVICE_NAME: string;
  readonly OTEL_SDK_DISABLED: boolean;
}): { readonly file?: string; readonly otlp: boolean; readonly service: string } | undefined {
  const { TRACE_FILE: file, OTEL_SERVICE_NAME: service, OTEL_SDK_DISABLED: disabled } = variables;
  const otlp = [variables.OTEL_EXPORTER_OTLP_ENDPOINT, variables.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT].some((url) => url);
  if (disabled || (file === undefined && !otlp)) return undefined;
  return { otlp, service, ...(file !== undefined && { file: resolve(file) }) };
}

const MiB = 1024 * 1024;

/** What the program itself needs of a heap. */
const own = 200 * MiB;
/** What a cached workflow may take: an order batch of 50 items takes nearly 2 MiB of its process. */
const each = 4 * MiB;
const least = 10;
const most = 1000;

/**
 * How many workflows a worker keeps in memory, unless it is told: as many as fit into `memory` bytes. A running workflow that is not
 * among them is begun anew from its history with each task, which is right and slow.
 */
export function cachedWorkflows(memory: number): number {
  return Math.min(most, Math.max(least, Math.floor((memory - own) / each)));
}

/** Bytes of heap that one of several worker processes may fill: V8's limit, and no more than half of what the machine has for each. */
export function memoryOf(processes: number): number {
  // 0, or more than there is, where nothing constrains the process.
  const constrained = process.constrainedMemory() || Infinity;
  return Math.min(getHeapStatistics().heap_size_limit, Math.min(totalmem(), constrained) / 2 / processes);
}
