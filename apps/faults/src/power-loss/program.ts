import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Table from 'cli-table3';
import { proveCut } from './disk.ts';
import { LEVELS, settingsOf } from './levels.ts';
import { worstOf } from './loss.ts';
import type { PowerLossOrder } from './power-loss.ts';
import { runCut, type CutResult } from './run-cut.ts';

/** Runs in a mount namespace of its own: what is mounted here is gone with its last process, however that ends. */

process.on('message', (order: PowerLossOrder) => {
  measure(order).then(
    (code) => process.exit(code),
    (error: unknown) => {
      process.stderr.write(`power loss: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    },
  );
});
process.once('disconnect', () => process.exit(1));

async function measure({ root, folder, env, seed, seeds }: PowerLossOrder): Promise<number> {
  const disks = join(folder, 'disks');
  mkdirSync(disks, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1g', 'tmpfs', disks]);
  proveCut(disks);
  process.stdout.write('a synced file outlives a cut here, one that is not synced does not\n');

  const table = new Table({
    head: ['ACK', 'Redis', 'what happens', 'cuts', 'acknowledged', 'lost', 'window', 'copied in', ''],
    style: { head: [], border: [], compact: true },
  });
  let isKept = true;
  for (const [row, level] of LEVELS.entries()) {
    process.stdout.write(`[${row + 1}/${LEVELS.length}] ACK=${level.ack}, ${level.what}\n`);
    const cuts: CutResult[] = [];
    for (let cut = 0; cut < seeds; cut += 1) {
      const own = join(folder, `${row + 1}-${cut + 1}`);
      const result = await runCut(level, { root, folder: own, disks, env, seed: seed + cut });
      process.stdout.write(
        `  ${result.lost} of ${result.acknowledged} lost, ${result.windowMs.toFixed(0)} ms\n`,
      );
      cuts.push(result);
    }
    const worst = worstOf(cuts);
    const isBroken = level.keepsAll && worst.lost > 0;
    isKept &&= !isBroken;
    table.push([
      level.ack,
      settingsOf(level),
      level.what,
      cuts.length,
      worst.acknowledged,
      worst.lost,
      `${worst.windowMs.toFixed(0)} ms`,
      `${Math.max(...cuts.map(({ copyMs }) => copyMs)).toFixed(0)} ms`,
      isBroken ? 'BROKEN' : level.keepsAll ? 'holds' : '',
    ]);
  }
  process.stdout.write(
    `\n${table.toString()}\nacknowledged: over all cuts; lost, window and copied in: the worst cut\n`,
  );
  return isKept ? 0 : 1;
}
