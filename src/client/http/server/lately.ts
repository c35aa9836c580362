/** Milliseconds after which it is asked again, and after which an answer counts no more. */
const askEvery = 1000;
const forgottenAfter = 5000;

/**
 * What `ask` answered lately; `unknown` when it did not. Nobody waits for an answer: who wants one has it asked, at most once a second,
 * for those who come later.
 */
export function lately<T>(ask: () => Promise<T>, unknown: T): () => T {
  let known = { answer: unknown, at: -Infinity };
  let askedAt = -Infinity;
  let isAsking = false;
  const look = async () => {
    isAsking = true;
    askedAt = performance.now();
    try {
      known = { answer: await ask(), at: performance.now() };
    } catch {
      known = { answer: unknown, at: -Infinity };
    } finally {
      isAsking = false;
    }
  };
  return () => {
    const now = performance.now();
    if (!isAsking && now - askedAt >= askEvery) void look();
    return now - known.at < forgottenAfter ? known.answer : unknown;
  };
}
