import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A call of the program, as a process of its own would get it. */
export interface HostCall {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Written to standard output and standard error when the call has ended. */
  readonly end: string;
}

export interface HostAnswer {
  readonly code: number;
}

/** Thrown where the program would end its process. */
class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super('The program ends.');
    this.code = code;
  }
}

// A process that runs one call of `durable-backup` after another, as if each had a process of its own. What they share is loaded once.
const program = new URL('../../src/main.ts', import.meta.url);
const calls = new Socket({ fd: 3 });
let ran = 0;
const exit = process.exit.bind(process);
process.exit = (code) => {
  throw new Exit(Number(code ?? exitCode()));
};

for await (const line of createInterface({ input: calls })) {
  const call = JSON.parse(line) as HostCall;
  const answer: HostAnswer = { code: await run(call) };
  await Promise.all([write(process.stdout, call.end), write(process.stderr, call.end)]);
  await write(calls, `${JSON.stringify(answer)}\n`);
}
exit(0);

async function run({ argv, env, cwd }: HostCall): Promise<number> {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.argv = [process.execPath, fileURLToPath(program), ...argv];
  process.exitCode = undefined;
  try {
    // A module of another address is run again.
    await import(`${program.href}?call=${(ran += 1)}`);
    return exitCode();
  } catch (error) {
    if (error instanceof Exit) return error.code;
    throw error;
  } finally {
    for (const event of ['beforeExit', 'SIGINT', 'SIGTERM']) process.removeAllListeners(event);
    for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error');
  }
}

// The program sets it, which the compiler cannot see.
function exitCode(): number {
  return Number(process.exitCode ?? 0);
}

function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve) => void stream.write(text, () => resolve()));
}
