import { select } from './rig.ts';

// Lists a directory as the user that started this process, which is not root: prints the entries.
const [root = ''] = process.argv.slice(2);
process.stdout.write(JSON.stringify((await select(root)).entries));
