import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { HostAnswer, HostCall } from './command-host.ts';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Host = (call: Omit<HostCall, 'end'>) => Promise<Ended>;

const entry = fileURLToPath(new URL('command-host.ts', import.meta.url));
/** By user; undefined is that of the tests. */
const idle = new Map<number | undefined, Host[]>();

/**
 * Runs the program to its end in a process that has run it before, if there is one: most of what a command takes otherwise is loading.
 * Processes go with the one that asks. That a process ends by itself cannot be seen here.
 */
export async function runWarm(call: Omit<HostCall, 'end'>, uid?: number): Promise<Ended> {
  const host = idle.get(uid)?.pop() ?? startHost(uid);
  const ended = await host(call);
  idle.set(uid, [...(idle.get(uid) ?? []), host]);
  return ended;
}

function startHost(uid: number | undefined): Host {
  const child = spawn(process.execPath, [entry], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  const calls = child.stdio[3] as Socket;
  const outputs = [collect(child.stdout as Socket), collect(child.stderr as Socket)] as const;
  child.unref();
  for (const socket of [calls, child.stdout, child.stderr] as Socket[]) socket.unref();
  const gone = once(child, 'exit').then(([code]): never => {
    throw new Error(
      `The process of commands ended with ${String(code)}:\n${outputs.map(({ text }) => text()).join('\n')}`,
    );
  });
  gone.catch(() => undefined);
  return async (call) => {
    const end = `\0${randomUUID()}\0`;
    const answered = once(calls, 'data');
    calls.write(`${JSON.stringify({ ...call, end })}\n`);
    const all = Promise.all([...outputs.map((output) => output.until(end)), answered]);
    const [stdout, stderr, [answer]] = (await Promise.race([all, gone])) as [string, string, [Buffer]];
    const { code } = JSON.parse(String(answer)) as HostAnswer;
    return { code, stdout, stderr };
  };
}

/** What comes from an output between one call's end and the next. */
function collect(output: Socket) {
  let text = '';
  let check = (): void => undefined;
  output.setEncoding('utf8');
  output.on('data', (chunk: string) => {
    text += chunk;
    check();
  });
  return {
    text: () => text,
    until: (end: string) =>
      new Promise<string>((resolve) => {
        check = () => {
          if (!text.endsWith(end)) return;
          const before = text.slice(0, -end.length);
          text = '';
          resolve(before);
        };
        check();
      }),
  };
}
