import { createTurn } from '../../../lib/create-turn.ts';
import type { ManifestEntry } from '../../../contracts/manifest.ts';
import type { Selection } from './select-paths.ts';

/** An entry of the run that is asked for, or a folder on the way to one that is. */
export interface SelectedEntry {
  readonly entry: ManifestEntry;
  readonly onTheWay: boolean;
}

/** The entries that are asked for, each right after the folders on the way to it that have not been yielded yet. */
export async function* selectedEntries(
  entries: AsyncIterable<ManifestEntry>,
  selection: Selection,
): AsyncGenerator<SelectedEntry> {
  // Folders around the present entry that are not asked for themselves; as many at most as the tree is deep.
  let around: { readonly entry: ManifestEntry; yielded: boolean }[] = [];
  const turn = createTurn();
  for await (const entry of entries) {
    await turn.giveWay();
    around = around.filter((folder) => entry.path.startsWith(`${folder.entry.path}/`));
    if (selection.selects(entry.path)) {
      for (const folder of around) {
        if (!folder.yielded) yield { entry: folder.entry, onTheWay: true };
        folder.yielded = true;
      }
      yield { entry, onTheWay: false };
    } else if (entry.kind === 'directory') {
      around.push({ entry, yielded: false });
    }
  }
}
