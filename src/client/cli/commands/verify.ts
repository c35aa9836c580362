import { Option, type Command } from 'commander';
import { verificationReport } from '../render/job-reports.ts';
import { workflowNames } from '../../../contracts/job.ts';
import type { VerificationInput } from '../../../contracts/verification.ts';
import { fixRun, withSession, requireAnyRun } from '../open/with-session.ts';
import { jobInstanceId } from '../instance-id.ts';
import type { Call } from '../invocation.ts';
import { printRows } from '../render/ledger-text.ts';
import type { Scope } from '../open/scope.ts';
import {
  performAtSource,
  runArgument,
  runHelp,
  share,
  subset,
  withJobOptions,
  type Choose,
  type JobFlags,
} from './options.ts';

const help = `
Compares what storage holds with the run's manifest: names, sizes and ETags, from a listing. --deep reads the files and hashes them;
--sample and --subset read a part of them. Findings are printed: missing, corrupt, failed where storage would not say, archived, in a tier
where nobody can read it now, and extra, a blob that no run refers to. Archived and extra blobs alone are no failure.

Exit codes: 0 intact, 1 error, 3 something is missing, corrupt or could not be checked, 130 interrupted.

Examples:
  durable-backup verify latest --source /srv/site
  durable-backup verify latest --deep --sample 5%
  durable-backup verify 20261121T063324Z-b2d63b73 --deep --subset 3/10 --json`;

interface VerifyFlags extends JobFlags, Scope {
  readonly deep: boolean;
  readonly sample?: number;
  readonly subset?: { number: number; of: number };
}

/** `verify RUN`: whether storage still holds what a run stored. */
export function addVerify(program: Command, choose: Choose): void {
  const command = program
    .command('verify')
    .description('checks that storage holds what a run stored')
    .argument('<run>', runHelp, runArgument)
    .option('--deep', 'read the content and hash it', false)
    .addOption(new Option('--sample <share>', 'read this share of the files, others each time: 5%').argParser(share))
    .addOption(
      new Option('--subset <n/of>', 'read this part of the files: 3/10, so that 1/10 to 10/10 read them all')
        .argParser(subset)
        .conflicts('sample'),
    )
    .addHelpText('after', help);
  command.hook('preAction', () => {
    const { deep, sample, subset } = command.opts<VerifyFlags>();
    if (!deep && (sample !== undefined || subset))
      command.error('error: --sample and --subset say what is read: give --deep with them');
  });
  performAtSource(withJobOptions(command), choose, verify);
}

async function verify(call: Call & VerifyFlags, run: string): Promise<number> {
  const { stop, sample, subset } = call;
  await requireAnyRun(call, run);
  return withSession(call, async (session, follow) => {
    const { found, ...which } = await fixRun(session, { ...call, run }, stop);
    const input: VerificationInput = {
      ...which,
      ...(call.deep && { deep: true }),
      ...(sample !== undefined && { sample }),
      ...(subset && { subset }),
    };
    const instanceId = jobInstanceId('verify', found?.manifest.root ?? which.run, input);
    return follow({
      instanceId,
      directories: [],
      kind: verificationReport,
      words: { committing: 'finishing' },
      begin: {
        name: workflowNames.verify,
        input,
        summary: `Verify run ${which.run}`,
        what: `verification of run ${which.run}`,
      },
      beforeReport: async ({ verificationId, failed, extra, archived = 0 }) => {
        const isFinding = (outcome: string) => outcome !== 'intact' && outcome !== 'unchecked';
        const job = { kind: 'verifications', id: verificationId } as const;
        if (failed + extra + archived > 0) await printRows(call, found?.backups, job, isFinding);
      },
    });
  });
}
