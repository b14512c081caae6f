import { fork } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { ProbeAnswer, ProbeQuestion } from '../measure/probe.ts';

/** A contender's process. */
export interface Program {
  readonly pid: number;
  /** What it said it is reached at. */
  readonly urls: Readonly<Record<string, string>>;
  /** @throws Error when it has ended, or does not answer */
  ask(question: ProbeQuestion): Promise<ProbeAnswer>;
  /** Ends it by force: nothing of it is needed any more. */
  stop(): Promise<void>;
}

export interface StartProgram {
  readonly file: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly keep: (pid: number) => void;
}

const READY_PATIENCE_MS = 30_000;
const ANSWER_PATIENCE_MS = 10_000;
const PROBE = new URL('../measure/probe.js', import.meta.url).href;

/** Starts a program with the probe in it, and waits until it says that it is ready. @throws Error with the end of its log */
export async function startProgram({ file, args = [], env, logFile, keep }: StartProgram): Promise<Program> {
  const log = openSync(logFile, 'a');
  const child = fork(file, args, {
    env: { ...env },
    execArgv: ['--import', PROBE],
    serialization: 'advanced',
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  if (child.pid !== undefined) keep(child.pid);
  const waiting = new Map<number, { resolve(answer: ProbeAnswer): void; reject(error: Error): void }>();
  let asked = 0;
  let hasEnded = false;
  const lastLines = () => readFileSync(logFile, 'utf8').trim().split('\n').slice(-8).join('\n');
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      hasEnded = true;
      for (const { reject } of waiting.values())
        reject(new Error(`${file} ended with ${code ?? signal}:\n${lastLines()}`));
      resolve();
    });
  });

  const urls = await new Promise<Readonly<Record<string, string>>>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${file} ${why}:\n${lastLines()}`));
    const late = setTimeout(() => fail(`is not ready after ${READY_PATIENCE_MS} ms`), READY_PATIENCE_MS);
    void ended.then(() => {
      clearTimeout(late);
      fail('ended before it was ready');
    });
    child.on('message', (message: ProbeAnswer | ReadyMessage) => {
      if (message.kind === 'probe') return waiting.get(message.id)?.resolve(message);
      clearTimeout(late);
      resolve(message.urls);
    });
  });

  return {
    pid: child.pid ?? 0,
    urls,
    ask(question) {
      const id = asked++;
      return new Promise<ProbeAnswer>((resolve, reject) => {
        if (hasEnded) return reject(new Error(`${file} has ended:\n${lastLines()}`));
        const late = setTimeout(() => reject(new Error(`${file} does not answer`)), ANSWER_PATIENCE_MS);
        const settle =
          <T>(next: (value: T) => void) =>
          (value: T) => {
            clearTimeout(late);
            waiting.delete(id);
            next(value);
          };
        waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
        child.send({ probe: { id, ...question } });
      });
    },
    async stop() {
      if (!hasEnded) child.kill('SIGKILL');
      await ended;
    },
  };
}

interface ReadyMessage {
  readonly kind: 'ready';
  readonly urls: Readonly<Record<string, string>>;
}
