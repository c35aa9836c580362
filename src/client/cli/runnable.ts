import { resolve } from 'node:path';
import type { Config } from '../../config.ts';
import { environment } from '../../config-variables.ts';
import { shellWord } from '../../lib/shell-word.ts';

// In prose a command stands in backticks; in a report, behind what it is for.
const printedCommand = /(?<before>`|^ {2}\S+(?: \S+)* {2,})durable-backup (?=[a-z])/gmu;

/**
 * Makes the function that lets the commands of a text work as they are printed, whatever shell they are given to: before each stand the
 * settings of this process that are not the usual ones, but for those that are secret or say how to sign in. `sourcesFile` is the one that
 * is named.
 */
export function createRunnable(
  config: Config,
  sourcesFile: string | undefined = config.sourcesFile,
): (text: string) => string {
  return (text) =>
    text.replace(printedCommand, (_, before: string) => `${before}${settingsOf(config, sourcesFile)}durable-backup `);
}

function settingsOf(config: Config, sourcesFile: string | undefined): string {
  const { container, embedded, prefix, storage, taskQueue, temporal } = config;
  const usual = environment.parse({});
  const isEmbedded = !storage || !temporal.named;
  const isUsualDirectory = !embedded.named && embedded.insteadOf === undefined;
  const settings = {
    DATA_DIR: isEmbedded && !isUsualDirectory ? embedded.dataDir : undefined,
    BACKUP_CONTAINER: container === usual.BACKUP_CONTAINER ? undefined : container,
    BACKUP_PREFIX: prefix === usual.BACKUP_PREFIX ? undefined : prefix,
    TASK_QUEUE: taskQueue === usual.TASK_QUEUE ? undefined : taskQueue,
    DURABLE_BACKUP_CONFIG: sourcesFile === undefined ? undefined : resolve(sourcesFile),
  };
  return Object.entries(settings)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${shellWord(value)} `]))
    .join('');
}
