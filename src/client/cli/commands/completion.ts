import { Argument, type Command } from 'commander';
import { exitCodes } from '../exit-code.ts';
import { completionScript, shells, type Shell } from '../completion.ts';
import type { Call } from '../invocation.ts';
import { perform, withQuiet, type Choose } from './options.ts';

const help = `
Examples:
  durable-backup completion bash > ~/.local/share/bash-completion/completions/durable-backup
  durable-backup completion zsh > "\${fpath[1]}/_durable-backup"
  durable-backup completion fish > ~/.config/fish/completions/durable-backup.fish
  source <(durable-backup completion bash)`;

/** `completion SHELL`: the script that makes a shell complete this program's commands and options. */
export function addCompletion(program: Command, choose: Choose): void {
  const command = program
    .command('completion')
    .description('prints what makes a shell complete all this')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText('after', help);
  perform(withQuiet(command), choose, ({ answer }: Call, shell: Shell) => {
    answer(completionScript(program, shell).trimEnd());
    return Promise.resolve(exitCodes.done);
  });
}
