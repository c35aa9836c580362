import { ExpectedError, failureTypes } from './failures.ts';

/** Most texts that one glob may stand for. */
export const mostAlternatives = 1000;

/** All texts that a glob with `{a,b}` in it stands for. Throws an {@link ExpectedError} when they are too many. */
export function expandBraces(glob: string): string[] {
  const expanded: string[] = [];
  const waiting = [glob];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const group = firstGroup(next);
    if (group) waiting.push(...group.parts.map((part) => group.before + part + group.after));
    else expanded.push(next);
    if (expanded.length + waiting.length > mostAlternatives) {
      throw new ExpectedError(
        failureTypes.invalidInput,
        `The glob "${glob}" stands for more than ${mostAlternatives} globs; give fewer alternatives in { }`,
      );
    }
  }
  return expanded;
}

interface Group {
  readonly before: string;
  readonly parts: readonly string[];
  readonly after: string;
}

/** The first braces with a comma in them; others are characters like any. */
function firstGroup(glob: string): Group | undefined {
  // Where the open braces are, and the commas that belong to each.
  const open: number[][] = [];
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob[at];
    if (character === '\\') at += 1;
    else if (character === '{') open.push([at]);
    else if (character === ',') open.at(-1)?.push(at);
    else if (character === '}') {
      const marks = open.pop();
      if (marks && marks.length > 1) return groupOf(glob, [...marks, at]);
    }
  }
  return undefined;
}

// The innermost group comes first; what it leaves is looked at again.
function groupOf(glob: string, marks: readonly number[]): Group {
  const start = marks[0] ?? 0;
  const end = marks.at(-1) ?? 0;
  const parts = marks.slice(0, -1).map((mark, i) => glob.slice(mark + 1, marks[i + 1]));
  return { before: glob.slice(0, start), parts, after: glob.slice(end + 1) };
}
