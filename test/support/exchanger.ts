import { existsSync, lstatSync, renameSync, symlinkSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

// Exchanges a directory and a symlink again and again, by four renames each time, until its input ends: prints how often, and leaves the directory in its place.
const [place = '', link = '', target = ''] = process.argv.slice(2);
const aside = `${link}-aside`;
let exchanges = 0;
let litter = 0;
process.stdin.resume();

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

// Others may have made or removed something in between.
function repair(): void {
  if (isLink(place)) renameSync(place, isLink(link) ? `${link}-litter-${litter++}` : link);
  if (existsSync(aside) && existsSync(place)) renameSync(place, `${link}-litter-${litter++}`);
  if (existsSync(aside)) renameSync(aside, place);
  if (!isLink(link)) symlinkSync(target, link);
}

function tryRepair(): void {
  try {
    repair();
  } catch {
    // Again at the next failure.
  }
}

function exchangeTwice(): void {
  try {
    renameSync(place, aside);
    renameSync(link, place);
    renameSync(place, link);
    renameSync(aside, place);
    exchanges += 2;
  } catch {
    tryRepair();
  }
}

process.stdout.write('exchanging\n');
while (!process.stdin.readableEnded) {
  for (let i = 0; i < 50; i += 1) exchangeTwice();
  await nextTurn();
}
tryRepair();
process.stdout.write(`${exchanges}\n`);
