import { makeFolder } from '../../src/embedded/data-dir.ts';

// Prints why a folder cannot be made.
await makeFolder(process.argv[2] ?? '').catch(({ code, path }: NodeJS.ErrnoException) => console.log(code, path));
