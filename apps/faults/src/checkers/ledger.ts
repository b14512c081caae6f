import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PlannedEvent } from '../workload/workload.ts';

/**
 * The lines of the two independent logs. What was sent and answered is written by the sender's process, what took
 * effect by the handlers'; neither is Redis, and a line that was written outlives its process. Times are
 * milliseconds since the epoch by the machine's clock, whatever clock a process was made to believe in.
 */
export interface AnswerLine {
  readonly id: string;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly duplicate?: boolean;
  /** From the last byte sent to the answer. */
  readonly ms: number;
  /** When it was sent. */
  readonly at: number;
  /** Where: the receiver's slot. */
  readonly to: number;
  /** A second copy, or a resend after no 2xx. */
  readonly again?: 'copy' | 'resend';
}

export interface EffectLine {
  readonly what: 'begin' | 'effect';
  /** The provider's id. */
  readonly id: string;
  readonly handler: string;
  readonly attempt: number;
  /** `ctx.idempotencyKey`. */
  readonly key: string;
  /** SHA-256 of the body that the handler was given. */
  readonly sha: string;
  readonly pid: number;
  readonly at: number;
  /** The event's `receivedAt` and source. */
  readonly received: number;
  readonly source: string;
}

export interface BankLine {
  readonly key: string;
  readonly id: string;
  /** The bank has had this key before, and did nothing. */
  readonly repeated: boolean;
  readonly at: number;
}

export function answersFile(folder: string): string {
  return join(folder, 'answers.jsonl');
}

export function effectsFolder(folder: string): string {
  return join(folder, 'effects');
}

export function bankFile(folder: string): string {
  return join(folder, 'bank.jsonl');
}

export function readAnswers(folder: string): AnswerLine[] {
  return readLines<AnswerLine>(answersFile(folder));
}

export function readBank(folder: string): BankLine[] {
  return readLines<BankLine>(bankFile(folder));
}

/** Every handler's lines in the order of time. */
export function readEffects(folder: string): EffectLine[] {
  const files = readdirSync(effectsFolder(folder)).toSorted();
  const lines = files.flatMap((file) => readLines<EffectLine>(join(effectsFolder(folder), file)));
  return lines.toSorted((a, b) => a.at - b.at);
}

/** How many acknowledged events have yet to have an effect that they are sure to have. */
export function unheardOf(
  planned: readonly PlannedEvent[],
  { answers, effects }: { readonly answers: readonly AnswerLine[]; readonly effects: readonly EffectLine[] },
  damaged: ReadonlySet<string>,
): number {
  const kept = new Set(answers.flatMap(({ id, status }) => (status === 200 ? [id] : [])));
  const had = new Set(
    effects.flatMap(({ what, id, handler }) => (what === 'effect' ? [`${id} ${handler}`] : [])),
  );
  return planned.filter(
    ({ id, expected }) =>
      kept.has(id) &&
      !damaged.has(id) &&
      expected.some(({ handler, ends }) => ends === 'effect' && !had.has(`${id} ${handler}`)),
  ).length;
}

/** A line that its writer's death cut off in the middle was not written. */
function readLines<Line>(file: string): Line[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}
