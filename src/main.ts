import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

// Reading its modules is most of what a short command does. Where nothing can be kept, Node goes on without.
const { XDG_CACHE_HOME: cache } = process.env;
enableCompileCache(join(cache || join(homedir(), '.cache'), 'durable-backup', 'modules'));

/** The program `durable-backup`, with the arguments of this process. */
const { main } = await import('./client/cli/main.ts');
await main(process.argv.slice(2));
