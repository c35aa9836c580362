import { JobExistsError, type Jobs } from '../jobs/jobs.ts';

export interface JobToStart {
  readonly name: string;
  readonly input: object;
  readonly instanceId: string;
  /** Shown in Temporal's Web UI. */
  readonly summary: string;
  /** What it is, as in `backup of /srv/site`. */
  readonly what: string;
}

/** Starts a job unless it is under way, after the end of one that is being stopped. */
export async function startOrJoin(
  jobs: Jobs,
  { name, input, instanceId, summary, what }: JobToStart,
  note: (line: string) => void,
): Promise<void> {
  const start = () => jobs.start(name, [input], { instanceId, summary });
  try {
    await start();
  } catch (error) {
    if (!(error instanceof JobExistsError)) throw error;
    if (!(await jobs.isStopping(instanceId))) {
      note(`A ${what} is under way already; going on with it.`);
      return;
    }
    note(`An earlier ${what} is being stopped; starting when it has ended.`);
    await jobs.result(instanceId);
    await start();
  }
}
