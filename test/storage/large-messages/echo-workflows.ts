import * as wf from '@temporalio/workflow';

interface EchoActivities {
  make: (bytes: number) => Promise<string>;
  measure: (...values: string[]) => Promise<number[]>;
  beatAndWait: (details: string) => Promise<void>;
  fail: (details: string) => Promise<void>;
}

const { make, measure, beatAndWait } = wf.proxyActivities<EchoActivities>({ startToCloseTimeout: '1 minute' });
const { fail } = wf.proxyActivities<EchoActivities>({ startToCloseTimeout: '1 minute', retry: { maximumAttempts: 1 } });

export const note = wf.defineSignal<[string]>('note');
export const finish = wf.defineSignal('finish');
export const notes = wf.defineQuery<string, [string]>('notes');

/** Passes an argument to an activity and returns what another one made. */
export async function echo(argument: string, resultBytes: number): Promise<{ measured: number[]; result: string }> {
  const measured = await measure(argument, argument.slice(1));
  return { measured, result: await make(resultBytes) };
}

/** The same under the name of a job: the HTTP API shows no others. */
export function processBatch(argument: string, resultBytes: number): ReturnType<typeof echo> {
  return echo(argument, resultBytes);
}

/** Gathers what it is sent until it is told to finish. */
export async function gather(): Promise<string> {
  let gathered = '';
  let finished = false;
  wf.setHandler(note, (text) => {
    gathered += text;
  });
  wf.setHandler(finish, () => {
    finished = true;
  });
  wf.setHandler(notes, (prefix) => prefix + gathered);
  await wf.condition(() => finished);
  return gathered;
}

/** Leaves large payloads wherever Temporal keeps any, and waits for an activity that does not end. */
export async function scatter(letters: { memo: string; failure: string; heartbeat: string }): Promise<void> {
  wf.upsertMemo({ large: letters.memo.repeat(60_000) });
  await fail(letters.failure).catch(() => undefined);
  await beatAndWait(letters.heartbeat);
}

/** Sends its argument to an activity on another task queue. */
export async function elsewhere(taskQueue: string, argument: string): Promise<number[]> {
  return wf.proxyActivities<EchoActivities>({ taskQueue, startToCloseTimeout: '1 minute' }).measure(argument);
}
