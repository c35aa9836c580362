// A Ctrl-C reaches every process of the terminal, and npm passes on the one that it got: the same key press may come twice.
const samePress = 500;

/** Calls `first` at the first SIGINT or SIGTERM and `second` at the next. Returns the function that stops listening. */
export function onInterrupt(first: () => void, second: () => void): () => void {
  let pressed: number | undefined;
  const listener = () => {
    const now = performance.now();
    if (pressed === undefined) {
      pressed = now;
      first();
    } else if (now - pressed > samePress) {
      second();
    }
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return () => {
    process.off('SIGINT', listener);
    process.off('SIGTERM', listener);
  };
}
