import type { BlobStore } from '../../../src/storage/blob-store.ts';
import { forgetRuns } from '../../../src/history/forget/forget-runs.ts';
import type { ForgetInput, ForgetResult } from '../../../src/contracts/forget.ts';
import type { Manifest } from '../../../src/contracts/manifest.ts';
import { openRig, rejection, signal } from '../../storage/rig.ts';
import { forgeRun } from '../records/rig.ts';

export const prefix = 'hosts/';

/** The id of the run that began at noon of a day. */
export const idOf = (day: string) => `${day.replaceAll('-', '')}T120000Z-00000000`;

export interface ForgetRig {
  readonly store: BlobStore;
  /** Leaves a run that began at noon of a day, and returns its id. */
  readonly leave: (day: string, told?: Partial<Manifest>) => Promise<string>;
  readonly forget: (input: ForgetInput, underWay?: readonly string[]) => Promise<ForgetResult>;
  /** The type and the message of what is thrown, and that nothing is marked by it. */
  readonly refusal: (input: ForgetInput, underWay?: readonly string[]) => Promise<string>;
  /** The ids of the marks in storage. */
  readonly marks: () => Promise<string[]>;
}

export async function openForgetRig(): Promise<ForgetRig> {
  const { direct: store } = await openRig();
  const folder = '.durable-backup/hosts/forgotten/';
  const marks = async () => {
    const found = await Array.fromAsync(store.list(folder, signal));
    return found.map(({ name }) => name.slice(folder.length, -'.json'.length));
  };
  const forget = (input: ForgetInput, underWay: readonly string[] = []) =>
    forgetRuns({ store, prefix, isUnderWay: async (id) => underWay.includes(id), signal }, input);
  return {
    store,
    marks,
    forget,
    leave: async (day, told = {}) => {
      const startedAt = `${day}T12:00:00.000Z`;
      const complete = told.complete ?? true;
      const manifest = { startedAt, complete, failed: complete ? 0 : 1, ...told };
      return (await forgeRun(store, { prefix, id: idOf(day), manifest })).run;
    },
    refusal: async (input, underWay) => {
      const before = await marks();
      const error = (await rejection(forget(input, underWay))) as Error & { type?: string };
      const after = await marks();
      if (JSON.stringify(after) !== JSON.stringify(before)) throw new Error(`marks were left: ${after.join(', ')}`);
      return `${error.type}: ${error.message}`;
    },
  };
}
