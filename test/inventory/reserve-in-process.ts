import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { InventoryLocation } from '../../src/inventory/open-inventory.ts';
import type { Reservation } from '../../src/inventory/inventory.ts';

const program = fileURLToPath(new URL('reserve-process.ts', import.meta.url));

/** The lines 0 to `lines` of one order, all alike. */
export interface Order extends Omit<Reservation, 'index'> {
  readonly lines: number;
}

/**
 * Reserves an order in a process of its own and returns the answers that it gave: whether each line was reserved. With `killAfter`
 * the process is killed without warning once it has given that many.
 */
export async function reserveInProcess(
  location: InventoryLocation,
  { instanceId, sku, quantity, lines }: Order,
  killAfter = Infinity,
): Promise<boolean[]> {
  const args = [JSON.stringify(location), instanceId, sku, String(quantity), String(lines)];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const answers: boolean[] = [];
  for await (const line of createInterface(child.stdout)) {
    answers.push(line.endsWith('true'));
    if (answers.length === killAfter) child.kill('SIGKILL');
  }
  const [code] = (await ended) as [number | null];
  if (code !== 0 && killAfter === Infinity) throw new Error(`The process that reserves ended with exit code ${code}`);
  return answers;
}
