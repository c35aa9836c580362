import { Option, type Command } from 'commander';
import { tagSchema } from '../../../contracts/input.ts';
import { parserOf } from './options.ts';

/** What {@link withTag} adds. */
export interface TagFlags {
  readonly tag?: readonly string[];
}

/** Adds `--tag`, which may be repeated. */
export function withTag(command: Command, description: string): Command {
  return command.addOption(new Option('--tag <tag>', `${description}; may be repeated`).argParser(anotherTag));
}

/** The tags of a command, as an input has them: those given after those that there are anyway. */
export function tagsOf({ tag = [] }: TagFlags, before: readonly string[] = []): { readonly tags?: readonly string[] } {
  const tags = [...before, ...tag];
  return tags.length === 0 ? {} : { tags };
}

/** Reads one more tag of an option that may be repeated. */
export function anotherTag(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, readTag(text)];
}

const readTag = parserOf(tagSchema);
