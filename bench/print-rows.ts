/** Prints a table in Markdown; the first row is its heading. */
export function printRows([heading = [], ...rows]: readonly (readonly string[])[]): void {
  for (const cells of [heading, heading.map(() => '---'), ...rows]) console.log(`| ${cells.join(' | ')} |`);
}
