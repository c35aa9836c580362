// A Ctrl-C reaches every process of the terminal, and npm passes on the one that it got: the same key press may come twice.
const samePress = 500;

/** Makes a signal listener that calls `first` at the first key press and `second` at later ones; `now` is in milliseconds. */
export function onPresses(first: () => void, second: () => void, now: () => number): () => void {
  let pressed: number | undefined;
  return () => {
    if (pressed === undefined) {
      pressed = now();
      first();
    } else if (now() - pressed > samePress) {
      second();
    }
  };
}

/** Calls `first` at the first SIGINT or SIGTERM and `second` at later ones. Returns the function that stops listening. */
export function onInterrupt(first: () => void, second: () => void): () => void {
  const listener = onPresses(first, second, () => performance.now());
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return () => {
    process.off('SIGINT', listener);
    process.off('SIGTERM', listener);
  };
}
