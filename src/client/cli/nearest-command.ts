import type { Command } from 'commander';
import { nearestName } from '../../lib/nearest-name.ts';

/** The names of a program's commands that its help shows. */
export function commandNames(program: Command): string[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .map((command) => command.name());
}

/** What else a directory that does not exist could have been meant as: words for the end of an error. */
export function orCommand(dir: string, names: readonly string[]): string {
  if (!/^[a-z-]+$/u.test(dir)) return '';
  const nearest = nearestName(dir, names);
  return nearest === undefined
    ? ', or a command that `durable-backup --help` lists'
    : `. There is no command ${dir} either: did you mean ${nearest}?`;
}

/**
 * What a command line that makes no sense was perhaps meant to be; undefined where its own error says enough. Without a command in the
 * first place all of it is read as a backup, which explains little when the command was only misspelt, or came after its options.
 */
export function commandMeant(argv: readonly string[], names: readonly string[]): string | undefined {
  const words = argv.filter((word) => word !== '--json' && word !== '--quiet');
  const [first = ''] = words;
  if (names.includes(first)) return undefined;
  if (first.startsWith('-')) {
    const late = words.find((word) => names.includes(word));
    return late && `The options of ${late} stand after its name: durable-backup ${late} …`;
  }
  const nearest = /^[a-z-]+$/u.test(first) ? nearestName(first, names) : undefined;
  return nearest && `There is no command ${first}: did you mean ${nearest}?`;
}
