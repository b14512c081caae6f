import { setTimeout as wait } from 'node:timers/promises';

export interface Pace {
  readonly count: number;
  /** How many are started each second; as many as end unless given. */
  readonly rate?: number;
  /** How many are under way at most. */
  readonly atOnce: number;
  /** Starts one. What it throws ends everything; what it returns must not reject. */
  start(turn: number): Promise<void>;
  /** Told once a second how many have been started. */
  note(started: number): void;
}

const NOTE_MS = 1_000;

/** Starts tasks one by one at a rate, without waiting for them as long as not too many are under way. */
export async function runPaced({ count, rate, atOnce, start, note }: Pace): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const begun = performance.now();
  let turn = 0;
  const notes = setInterval(() => note(turn), NOTE_MS);
  try {
    for (; turn < count; turn += 1) {
      // A timer's own step is on time, and a timer may fire that much too early; what was missed is caught up at once.
      const due = rate === undefined ? begun : begun + (turn * 1_000) / rate;
      for (let early = due - performance.now(); early >= 1; early = due - performance.now())
        await wait(early);
      while (underWay.size >= atOnce) await Promise.race(underWay);
      const task = start(turn).finally(() => underWay.delete(task));
      underWay.add(task);
    }
    await Promise.all(underWay);
  } finally {
    clearInterval(notes);
  }
}
