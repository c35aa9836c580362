import { Argument, type Command, type Option } from 'commander';
import { exitCodes, type Call } from '../invocation.ts';
import { perform, withQuiet, type Choose } from './options.ts';

const help = `
Examples:
  durable-backup completion bash > ~/.local/share/bash-completion/completions/durable-backup
  durable-backup completion zsh > "\${fpath[1]}/_durable-backup"
  durable-backup completion fish > ~/.config/fish/completions/durable-backup.fish
  source <(durable-backup completion bash)`;

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

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

/** A place on the command line: the program itself, or what follows a command's name. */
interface Place {
  /** Names of commands with spaces between them; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly Command[];
  readonly options: readonly Option[];
  /** What its first argument may be, where that is one of a few. */
  readonly choices: readonly string[];
}

/**
 * The script that lets a shell complete commands, options and their choices; everything else it completes as the names of files. It is
 * written from the program's own commands and asks nobody later on, so a key press starts no process. No kept library does that: those
 * for commander start the program at each key press and leave out the names of files, which are most of what this program is given.
 */
function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program, '');
  const name = program.name();
  return shell === 'fish' ? fishScript(name, places) : functionScript(name, places, shell);
}

function placesOf(command: Command, path: string): Place[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command);
  const below = commands.flatMap((child) => placesOf(child, path === '' ? child.name() : `${path} ${child.name()}`));
  const choices = command.registeredArguments[0]?.argChoices ?? [];
  return [{ path, commands, options: help.visibleOptions(command), choices }, ...below];
}

const frames = {
  bash: (name: string, body: string) => `# bash completion of ${name}
_durable_backup() {
  local at='' word words='' cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
${body}
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _durable_backup ${name}
`,
  zsh: (name: string, body: string) => `#compdef ${name}
_durable_backup() {
  local at='' word cur=$PREFIX prev=\${words[CURRENT - 1]}
  local -a found
  for word in "\${(@)words[2,CURRENT - 1]}"; do
${body}
  if (( \${#found} )); then _describe -t ${name} ${name} found || _files; else _files; fi
}
if [[ $funcstack[1] == _${name} ]]; then _durable_backup "$@"; else compdef _durable_backup ${name}; fi
`,
};

/** The script of a shell whose completion is a function: where the cursor is, then what may stand there. */
function functionScript(name: string, places: readonly Place[], shell: 'bash' | 'zsh'): string {
  const list = shell === 'bash' ? bashList : zshList;
  const paths = places.flatMap(({ path, commands }) => commands.map((command) => quoted(`${path} ${command.name()}`)));
  const values = places.flatMap(({ path, options }) =>
    options.filter(takesValue).map(({ long, argChoices = [] }) => {
      return `    ${quoted(`${path} ${long ?? ''}`)}) ${list(argChoices.map(bare))} ;;`;
    }),
  );
  const words = places.flatMap(({ path, commands, options, choices }) => [
    `    ${quoted(`${path} -`)}) ${list(options.map(({ long, short, description }) => [long ?? short ?? '', description]))} ;;`,
    `    ${quoted(`${path} `)}) ${list([...commands.map(named), ...choices.map(bare)])} ;;`,
  ]);
  const body = `    case "$at $word" in ${paths.join(' | ')}) at="\${at:+$at }$word" ;; esac
  done
  case "$at $prev" in
${values.join('\n')}
    *) local dash=''
    [[ $cur == -* ]] && dash=-
    case "$at $dash" in
${words.join('\n')}
    esac ;;
  esac`;
  return frames[shell](name, body);
}

type Word = readonly [word: string, description: string];
const bare = (word: string): Word => [word, ''];
const named = (command: Command): Word => [command.name(), command.description()];

function bashList(words: readonly Word[]): string {
  return `words=$'${words.map(([word]) => word).join('\\n')}'`;
}

function zshList(words: readonly Word[]): string {
  return `found=(${words.map(([word, text]) => quoted(`${word.replaceAll(':', '\\:')}:${text}`)).join(' ')})`;
}

function fishScript(name: string, places: readonly Place[]): string {
  const lines = places.flatMap(({ path, commands, options, choices }) => {
    const names = commands.map((command) => command.name());
    const seen = path.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`);
    const none = names.length === 0 ? [] : [`not __fish_seen_subcommand_from ${names.join(' ')}`];
    const when = quoted([...(path === '' ? [] : seen), ...none].join('; and ') || 'true');
    return [
      ...commands.map((command) => `-n ${when} -a ${command.name()} -d ${quoted(command.description())}`),
      ...choices.map((choice) => `-n ${when} -a ${choice}`),
      ...options.map((option) => `-n ${when} ${fishOption(option)} -d ${quoted(option.description)}`),
    ];
  });
  return [`# fish completion of ${name}`, ...lines.map((line) => `complete -c ${name} ${line}`), ''].join('\n');
}

function fishOption(option: Option): string {
  const { long, short, argChoices } = option;
  const names = [short && `-s ${short.slice(1)}`, long && `-l ${long.slice(2)}`].filter(Boolean).join(' ');
  if (argChoices) return `${names} -x -a ${quoted(argChoices.join(' '))}`;
  return takesValue(option) ? `${names} -r` : names;
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
