// One that is no longer to delete anything goes on for so many milliseconds at most, and for what it has asked for already.
const checkedFor = 5000;

/**
 * To be called before each delete: calls `check` when it was last called too long ago, once for all that wait for it. A process that was
 * paused thus learns first what has become of its prune.
 */
export function createStillMine(check: () => Promise<unknown>): () => Promise<void> {
  let checkedAt = -Infinity;
  let checking: Promise<void> | undefined;
  const checkNow = async () => {
    const startedAt = Date.now();
    try {
      await check();
      checkedAt = startedAt;
    } finally {
      checking = undefined;
    }
  };
  return async () => {
    const age = Date.now() - checkedAt;
    // Less than nothing when the clock was set back.
    if (age >= 0 && age <= checkedFor) return;
    checking ??= checkNow();
    await checking;
  };
}
