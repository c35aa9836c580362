// node scripts/run.mjs scripts/build.mjs
//
// Builds dist from nothing: the JavaScript, the types and the bundled workflows of the package that `npm pack` makes.

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const node = (...args) => execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });

rmSync(dist, { recursive: true, force: true });
node(join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '--project', 'tsconfig.build.json');
node(join(dist, 'bundle-workflows.js'), join(dist, 'workflows.bundle.js'));
