// node scripts/run.mjs scripts/build.mjs
//
// Builds dist from nothing: the JavaScript, the types, the bundled workflows and the files of the page /docs of the package that `npm pack` makes.

import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const node = (...args) => execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });

rmSync(dist, { recursive: true, force: true });
node(join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '--project', 'tsconfig.build.json');
node(join(dist, 'bundle-workflows.js'), join(dist, 'workflows.bundle.js'));

// Two files of twelve megabytes are needed, and none of what the package does when it is installed.
const viewer = join(root, 'node_modules', 'swagger-ui-dist');
for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'LICENSE', 'NOTICE'])
  cpSync(join(viewer, file), join(dist, 'client', 'http', 'server', 'swagger-ui', file));
