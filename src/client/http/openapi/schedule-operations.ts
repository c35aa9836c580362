import { parameters, problem, startedAnswers, type Operation } from './operation.ts';

const { sourceName, reason, dryRun, timeout, pollingInterval } = parameters;
const one = '/api/backups/schedules/{source}';
const none = { 404: problem('There is no schedule for a source of that name') } as const;
const its = { 200: { description: 'The schedule as it is then', schema: 'Schedule' }, ...none } as const;

type Said = Pick<Operation, 'summary' | 'parameters' | 'body' | 'answers'>;

function operation(method: 'get' | 'post', path: string, id: string, said: Said): Operation {
  return { method, path, id, tag: 'Schedules', ...said };
}

/** What can be asked of schedules. */
export const scheduleOperations: readonly Operation[] = [
  operation('get', '/api/backups/schedules', 'schedules', {
    summary: 'The schedules of the sources.',
    answers: { 200: { description: 'All of them', schema: 'ScheduleList' } },
  }),
  operation('post', '/api/backups/schedules/apply', 'applySchedules', {
    summary: 'Make the schedules those of the sources file.',
    parameters: [dryRun],
    body: { schema: 'Apply', required: false },
    answers: {
      200: { description: 'What was done, or in a dry run would be', schema: 'AppliedList' },
      400: problem(
        'The request is wrong, a source has the name of one of another task queue, or Temporal refuses a schedule',
      ),
      409: problem('Somebody else changed the schedules meanwhile; apply again'),
      413: problem('The body is too large'),
      415: problem('The body is not of a type, charset or encoding that can be read'),
      503: problem('The sources file is wrong, or Temporal does not answer'),
      501: problem('This server has no sources file'),
    },
  }),
  operation('get', one, 'schedule', { summary: 'One schedule.', parameters: [sourceName], answers: its }),
  operation('get', `${one}/next`, 'nextStarts', {
    summary: 'When the next runs of a source start.',
    parameters: [sourceName],
    answers: { 200: { description: 'Times, soonest first; none while it is paused', schema: 'Times' }, ...none },
  }),
  operation('post', `${one}/pause`, 'pauseSchedule', {
    summary: 'Start no runs of a source from now on.',
    parameters: [sourceName, reason],
    answers: its,
  }),
  operation('post', `${one}/resume`, 'resumeSchedule', {
    summary: 'Start runs of a source again.',
    parameters: [sourceName],
    answers: its,
  }),
  operation('post', `${one}/trigger`, 'triggerSchedule', {
    summary: 'Start a run of a source now.',
    parameters: [sourceName, timeout, pollingInterval],
    answers: { ...startedAnswers, ...none, 409: problem('A scheduled run of the source is under way') },
  }),
];
