import { asActivities } from '../paged/activity.ts';
import { createRunCommand } from './run-command.ts';
import { createSendWebhook } from './send-webhook.ts';
import type { NotifyDependencies } from './target.ts';

export type { NotifyDependencies } from './target.ts';

/** The effects of telling somebody of a run, or that there was none. */
export function createNotifyActivities(deps: NotifyDependencies) {
  return asActivities({ sendWebhook: createSendWebhook(deps), runCommand: createRunCommand(deps) });
}

export type NotifyActivities = ReturnType<typeof createNotifyActivities>;
