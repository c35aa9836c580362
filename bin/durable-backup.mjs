#!/usr/bin/env node
// The program `durable-backup` of the installed package.

const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 14)) await import('../dist/main.js');
else {
  process.stderr.write(`error: durable-backup needs Node 22.14 or later, and this is ${process.versions.node}.\n`);
  process.exitCode = 1;
}
