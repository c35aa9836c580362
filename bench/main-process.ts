import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface MainProcess {
  readonly pid: number;
  /** What matched in its log. */
  readonly ready: RegExpExecArray;
  readonly stop: () => Promise<void>;
}

/** An entry point of src/main in a process of its own, once a line of its log matches. `nodeOptions` are for profilers. */
export async function startMainProcess(
  entry: string,
  ready: RegExp,
  env: NodeJS.ProcessEnv,
  nodeOptions: readonly string[] = [],
): Promise<MainProcess> {
  const path = fileURLToPath(new URL(`../src/main/${entry}`, import.meta.url));
  const child = spawn(process.execPath, [...nodeOptions, path], { stdio: ['ignore', 'ignore', 'pipe'], env });
  const ended = once(child, 'close');
  const lines = createInterface(child.stderr);
  const seen: string[] = [];
  const found = await new Promise<RegExpExecArray>((resolve, reject) => {
    lines.on('line', (line) => {
      seen.push(line);
      const match = ready.exec(line);
      if (match) resolve(match);
    });
    lines.on('close', () => reject(new Error(`${entry} did not start: ${seen.join('\n')}`)));
  });
  return {
    pid: child.pid ?? 0,
    ready: found,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}
