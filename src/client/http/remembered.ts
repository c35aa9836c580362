const rememberFor = 1000;

/** Calls `ask` at most once a second, however many wait for the answer. */
export function remembered<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  const forget = () => setTimeout(() => (answer = undefined), rememberFor).unref();
  return () => {
    answer ??= ask().finally(forget);
    return answer;
  };
}
