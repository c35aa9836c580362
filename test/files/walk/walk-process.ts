import { walk } from '../../../src/files/walk/walk.ts';

// Walks a directory as the user that started this process, which is not root: prints the entries.
const [root = '', after] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await Array.fromAsync(walk(root, after))));
