/** A time in ISO 8601 to the second, without marks: `20261121T061003Z`. */
export function compactTime(time: string): string {
  return time.replace(/[-:]|\.\d+/gu, '');
}
