import {
  allHandlersFinished,
  condition,
  makeContinueAsNewFunc,
  proxyActivities,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Success } from '../activities/notify/newest-success.ts';
import { durationText } from '../lib/units.ts';
import type { NoticeEvent } from '../contracts/notice.ts';
import type { WatchInput, WatchState } from '../contracts/scheduled.ts';
import { checkedOpenOptions } from './paged/activity-options.ts';
import { successSignal, watchSignal } from './messages.ts';
import { startNotifying } from './notify.ts';
import { caught } from './paged/step-failure.ts';

const { newestSuccess } = proxyActivities<Activities>(checkedOpenOptions);

const hour = 3_600_000;

/**
 * A dead man's switch: tells once when a source has had no success for `missedAfter`, and once when it has one again. Scheduled runs say
 * when they succeed; before anything is told, storage is asked too, for a run that somebody started by hand is a success like any other.
 * Runs until it is ended.
 */
export async function watchSource(asked: WatchInput, carried?: WatchState): Promise<void> {
  let input = asked;
  let state = carried ?? { since: workflowInfo().startTime.toISOString(), lastSuccess: null, told: false };
  let news = false;
  const isLate = () => Date.now() >= Date.parse(state.since) + input.missedAfter;
  const note = ({ finishedAt }: Success) => {
    if (Date.parse(finishedAt) <= Date.parse(state.since)) return;
    state = { ...state, since: finishedAt, lastSuccess: finishedAt };
    news = true;
  };
  setHandler(successSignal, note);
  setHandler(watchSignal, (next) => {
    input = next;
    news = true;
    // What is no longer too long has not been too long: there is no success to tell of.
    if (!isLate()) state = { ...state, told: false };
    upsertMemo({ watch: next });
  });

  while (!workflowInfo().continueAsNewSuggested) {
    news = false;
    const why = isLate() ? await lookInto(input, note) : undefined;
    const late = isLate();
    if (late !== state.told) {
      state = { ...state, told: late };
      await tell(input, state, why);
      continue;
    }
    const { since } = state;
    const patience = late
      ? Math.min(input.options?.lookEvery ?? hour, hour)
      : Date.parse(since) + input.missedAfter - Date.now();
    await condition(() => news, patience);
  }
  await condition(allHandlersFinished);
  // By itself the memo would be again what the first start said.
  await makeContinueAsNewFunc<typeof watchSource>({ memo: { watch: input } })(input, state);
}

/** Why storage could not be asked; undefined when it could. */
async function lookInto({ prefix, root }: WatchInput, note: (success: Success) => void): Promise<string | undefined> {
  try {
    const success = await newestSuccess({ prefix, root });
    if (success) note(success);
    return undefined;
  } catch (error) {
    return caught(error).message;
  }
}

function tell({ source, targets, worker, options, missedAfter }: WatchInput, state: WatchState, why?: string) {
  const { lastSuccess, told, since } = state;
  const event: NoticeEvent = told ? 'missed' : 'recovered';
  const last = lastSuccess === null ? `none since it is watched, ${since}` : `the last at ${lastSuccess}`;
  const text = told
    ? `${source} has had no successful backup for ${durationText(missedAfter)}: ${last}${why === undefined ? '' : `; storage could not be asked for others: ${why}`}`
    : `${source} has a successful backup again, of ${lastSuccess}`;
  const notice = { event, source, text, at: new Date().toISOString(), lastSuccess };
  return startNotifying(notice, targets, { ...(worker !== undefined && { worker }), ...(options && { options }) });
}
