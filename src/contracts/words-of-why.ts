import type { Why } from './preview.ts';

/** Why something is left out, for people; shorter where the rule itself is not known. */
export function wordsOf(why: Why): string {
  return words[why.by](why);
}

const words: Readonly<Record<Why['by'], (why: Why) => string>> = {
  include: () => 'matches no include',
  exclude: ({ rule }) => `excluded${by(rule)}`,
  'ignore-file': ({ rule, at = 'an ignore file' }) => `excluded${by(rule)} in ${at}`,
  'if-present': ({ at = 'something that marks its folder' }) => `there is ${at}`,
  cache: ({ at = 'its tag' }) => `a cache, says ${at}`,
  'larger-than': ({ rule }) =>
    rule === undefined ? 'too large' : `larger than ${Number(rule).toLocaleString('en-US')} bytes`,
  'file-system': () => 'on another file system',
  'own-data': () => 'the data of the embedded servers, which hold the backups',
  'not-held': ({ rule = 'no reason is known' }) => `listed, and not held (${rule})`,
};

function by(rule: string | undefined): string {
  return rule === undefined ? '' : ` by ${rule}`;
}
