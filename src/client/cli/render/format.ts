const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `1536` is `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let power = 0;
  // From 1023.95 on, one decimal would round up to 1024.0 of the same unit.
  while (value >= (power === 0 ? 1024 : 1023.95) && power < units.length - 1) {
    value /= 1024;
    power += 1;
  }
  return `${power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `75500` ms is `1 min 15 s`; below ten seconds with one decimal. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 9950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${rest} s` : `${rest} s`;
}

/** A time in ISO 8601 to the second: `2026-11-21 05:14:30Z`. */
export function formatTime(time: string): string {
  return time.replace(/T(.*?)(?:\.\d+)?Z$/u, ' $1Z');
}

/** Lines of columns, each as wide as its widest cell and two spaces apart; the columns in `right` are right-aligned. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, at) => (right.includes(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
