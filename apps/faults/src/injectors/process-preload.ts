/**
 * Loaded into a product process ahead of its own code (`NODE_OPTIONS=--import=…`), so that faults can befall its
 * insides without a line in them. What it is to do, it reads from the environment; `faultEnvironment` writes that.
 */
import { readFileSync, writeSync } from 'node:fs';
import { register } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { shiftDate } from './clock.ts';
import { failAt, RUNNER } from './failpoint.ts';
import { CANNOT_SPOIL, readFaults, type PreloadSettings } from './process-faults.ts';
import { rewrittenModules } from './rewrite.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const FOLDER_POLL_MS = 50;

try {
  const faults = readFaults(process.env);
  // The product's threads load its modules too.
  const texts = rewrittenModules(ROOT, faults);
  if (texts.size > 0) register(new URL('./load-hooks.js', import.meta.url), { data: texts });
  if (isMainThread) spoil(faults);
} catch (error) {
  writeSync(2, `fault preload: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(CANNOT_SPOIL);
}

function spoil({ folder, point, clock = [] }: PreloadSettings): void {
  if (point !== undefined) Object.assign(globalThis, { [Symbol.for(RUNNER)]: failAt(point) });

  let offsetNow = folder === undefined ? 0 : (numberIn(folder, 'clock') ?? 0);
  if (folder !== undefined) {
    setInterval(() => {
      offsetNow = numberIn(folder, 'clock') ?? offsetNow;
    }, FOLDER_POLL_MS).unref();
    process.on('SIGUSR2', () => blockEventLoop(numberIn(folder, 'block') ?? 0));
  }
  if (folder === undefined && clock.length === 0) return;
  // By the process's age at each look, not by a timer: a blocked event loop does not keep a clock from jumping.
  shiftDate(() => {
    const age = performance.now();
    return offsetNow + (clock.findLast(({ afterMs }) => afterMs <= age)?.offsetMs ?? 0);
  });
}

/** `undefined` when there is no such file, or the harness is about to write it. */
function numberIn(folder: string, name: string): number | undefined {
  try {
    const text = readFileSync(join(folder, name), 'utf8').trim();
    return text === '' ? undefined : Number(text);
  } catch {
    return undefined;
  }
}

function blockEventLoop(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
