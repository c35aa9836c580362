import { homedir } from 'node:os';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { Notice, TellInput } from '../../contracts/notice.ts';
import type { Attempt } from '../paged/activity.ts';
import { runProgram, type ProgramEnd } from './run-program.ts';
import { withinRoots } from './within-roots.ts';
import { targetAt, type NotifyDependencies } from './target.ts';

/**
 * Runs a command of this worker's sources file, without a shell: the notice is its standard input, and its environment has the most of it.
 * It may run twice. Throws `NotificationFailed` where this worker runs no commands, as another one may, and when it ends otherwise than
 * with 0, or is killed for taking too long; the message has the last of its output. Throws `NotificationRefused` where a restore could
 * write what it runs.
 */
export function createRunCommand(deps: NotifyDependencies) {
  return async ({ signal }: Attempt, { place, notice, options }: TellInput): Promise<void> => {
    const { command } = await targetAt(deps, notice.source, { ...place, kind: 'command' });
    if (!deps.allowCommands) {
      throw new ExpectedError(
        failureTypes.notificationFailed,
        'this worker runs no commands: start it with ALLOW_COMMANDS=true if it may',
      );
    }
    const written = await withinRoots(command, deps);
    if (written !== undefined) throw new ExpectedError(failureTypes.notificationRefused, written);
    const end = await runProgram(command, {
      // Nothing of the worker's own: its variables hold keys.
      env: { PATH: deps.searchPath, HOME: homedir(), ...variablesOf(notice) },
      input: `${JSON.stringify(notice)}\n`,
      timeout: options.commandTimeout,
      signal,
    });
    if (end.code !== 0) throw new ExpectedError(failureTypes.notificationFailed, failureText(command[0] ?? '', end));
  };
}

/** What a command is told besides its standard input; what is not known is empty. */
function variablesOf({ event, source, text, instanceId, backup, lastSuccess }: Notice): Record<string, string> {
  const facts: Readonly<Record<string, string | number | null | undefined>> = {
    EVENT: event,
    SOURCE: source,
    TEXT: text,
    INSTANCE: instanceId,
    OUTCOME: backup?.outcome,
    RUN: backup?.runId,
    FILES: backup?.files,
    BYTES: backup?.bytes,
    FAILED: backup?.failed,
    ERROR: backup?.failure?.message,
    LAST_SUCCESS: lastSuccess,
  };
  // No variable can hold a null character.
  const asText = (value: string | number | null | undefined) => String(value ?? '').replaceAll('\0', '');
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [`DURABLE_BACKUP_${name}`, asText(value)]));
}

function failureText(program: string, { code, reason, output }: ProgramEnd): string {
  const how = reason ?? `ended with code ${code}`;
  return `the command ${program} ${how}${output === '' ? '' : `; the last it said: ${output}`}`;
}
