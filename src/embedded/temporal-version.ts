import { lastLines, runCommand } from './run-command.ts';

/** The version of Temporal's command line program that this project is tested with; its server is 1.32.0. */
export const temporalCliVersion = '1.9.1';

/** What asking a program for its version gave: the version, or the reason why it is not Temporal's CLI. */
export type VersionAnswer = { readonly version: string } | { readonly problem: string };

/** Runs `file --version`. Never throws. */
export async function askTemporalVersion(file: string): Promise<VersionAnswer> {
  const { code, output } = await runCommand(file, ['--version'], { timeout: 15_000 });
  const version = /^temporal version (\S+)/m.exec(output)?.[1];
  if (code === 0 && version !== undefined) return { version };
  return { problem: `${file} --version ended with ${code ?? 'no exit code'} and printed "${lastLines(output)}"` };
}
