/** What was thrown, for people: of an error its message. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The same for a system error with its code, and without the path that Node puts in it. */
export function reasonOf(thrown: unknown): string {
  const message = messageOf(thrown);
  return thrown instanceof Error && 'syscall' in thrown ? (message.split(', ')[0] ?? message) : message;
}
