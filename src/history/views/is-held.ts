import { holdsContent, type ManifestEntry } from '../../contracts/manifest.ts';

/** Whether a run holds what it lists at a path, so that a restore brings it back. */
export function isHeld(entry: ManifestEntry): boolean {
  return entry.outcome === 'recorded' || holdsContent(entry);
}
