import { globsOf, type Filters } from '../../contracts/filters.ts';
import type { BlobProperties } from '../../storage/blob-store.ts';

/** What filters did on one page, as the page's blob and its shard tell it besides what they list. */
export interface SelectionResult {
  readonly excluded: number;
  /** A `1` for each glob that matched something and a `0` for each other, in the order of `globsOf`; empty where there are none. */
  readonly matched: string;
  /** Whether it is written down what was left out of the page: earlier versions did not, and may have listed some pages of a run. */
  readonly told: boolean;
}

/** As metadata of a blob; none where there is nothing to tell. */
export function selectionMetadata({ excluded, matched, told }: SelectionResult): Record<string, string> {
  return {
    ...(excluded > 0 && { excluded: String(excluded) }),
    ...(matched.includes('1') && { matched }),
    // Names of metadata come back in lower case.
    ...(told && { leftout: 'told' }),
  };
}

/** What such a blob tells of it. */
export function selectionOf(blob: Pick<BlobProperties, 'metadata'> | undefined): SelectionResult {
  const { excluded = '0', matched = '', leftout } = blob?.metadata ?? {};
  return { excluded: Number(excluded), matched, told: leftout === 'told' };
}

/** Sentences about the globs that matched nothing on any page. */
export function unmatchedGlobs(
  filters: Filters | undefined,
  pages: readonly Pick<SelectionResult, 'matched'>[],
): string[] {
  const isMatched = (at: number) => pages.some(({ matched }) => matched[at] === '1');
  return globsOf(filters ?? {}).flatMap(({ option, glob }, at) =>
    isMatched(at) ? [] : [`${option} "${glob}" matches nothing in the tree`],
  );
}
