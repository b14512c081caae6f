import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openPartitionAuditor } from '../checkers/audit.ts';
import { startFleet } from '../fleet/fleet.ts';
import type { Environment } from '../injectors/process-faults.ts';
import { readAnswers } from '../checkers/ledger.ts';
import { seeded } from '../workload/random.ts';
import { startSender } from '../workload/sender-process.ts';
import { SECRETS } from '../workload/signed-post.ts';
import { planEvents } from '../workload/workload.ts';
import type { Level } from './levels.ts';
import { lossOf, type Loss } from './loss.ts';
import { pairScene, singleScene } from './redis-scenes.ts';
import type { Place, Scene } from './scene.ts';
import { spoolScene } from './spool-scene.ts';

export interface CutOptions {
  /** The repository, compiled. */
  readonly root: string;
  /** For logs; new for each cut. */
  readonly folder: string;
  /** For disks: on a tmpfs. */
  readonly disks: string;
  readonly env: Environment;
  /** Decides the events, and the moment. */
  readonly seed: number;
}

export interface CutResult extends Loss {
  /** Milliseconds that copying the disks took. */
  readonly copyMs: number;
}

const PREFIX = '{faults}';
/** Events a second. */
const RATE = 200;
/** The power goes at a random moment between these, in milliseconds of traffic. */
const MOMENT = { earliest: 2_000, latest: 7_000 };
const MIX = { recorded: 1 };

/**
 * Lets events flow, cuts the power at a random moment, comes back from the disk, and counts what is missing.
 * @throws Error when it could not be played, or nothing was acknowledged
 */
export async function runCut(level: Level, options: CutOptions): Promise<CutResult> {
  const { root, folder, disks, env, seed } = options;
  mkdirSync(folder, { recursive: true });
  const closing: (() => Promise<unknown> | void)[] = [];
  const onClose: Place['onClose'] = (close) => void closing.push(close);
  const fleet: Place['fleet'] = (name, redisUrl) =>
    startFleet({
      root,
      folder: join(folder, name),
      env: {
        PATH: env['PATH'],
        REDIS_URL: redisUrl,
        HOOKLINE_PREFIX: PREFIX,
        ACK: level.ack,
        WEBHOOK_SECRET_STRIPE: SECRETS.stripe,
      },
    });
  try {
    const scene = await openScene({ folder, disks, env, level, fleet, onClose });
    const receivers = fleet('processes', scene.redisUrl);
    onClose(() => receivers.kill());
    const receiver = await receivers.add('receiver', { env: scene.receiverEnv });
    await scene.begin();

    const count = RATE * (MOMENT.latest / 1_000 + 2);
    const sender = startSender({
      seed,
      count,
      folder,
      mix: MIX,
      rate: RATE,
      copies: 0,
      receivers: [receiver.urls['receiver'] ?? ''],
    });
    onClose(() => sender.kill());
    await wait(seeded(seed).between(MOMENT.earliest, MOMENT.latest));
    const at = Date.now();
    const images = scene.cut(receiver);
    sender.kill();
    await receivers.kill();

    const url = await scene.recover();
    const auditor = openPartitionAuditor({ port: Number(new URL(url).port), prefix: PREFIX });
    onClose(() => auditor.close());
    const shaOf = new Map(planEvents(seed, count, MIX).map(({ id, sha }) => [id, sha]));
    const { events } = await auditor.read();
    const whole = events.filter(({ id, sha, intact }) => intact && sha === shaOf.get(id));
    const there = new Set(whole.map(({ id }) => id));
    const loss = lossOf(readAnswers(folder), (id) => there.has(id), at);
    if (loss.acknowledged === 0) throw new Error('nothing was acknowledged: such a cut tells nothing');
    return { ...loss, copyMs: images.reduce((sum, { copyMs }) => sum + copyMs, 0) };
  } finally {
    for (const close of closing.toReversed())
      await Promise.resolve()
        .then(close)
        .catch(() => undefined);
  }
}

function openScene(place: Place): Promise<Scene> {
  switch (place.level.cut) {
    case 'redis':
      return singleScene(place);
    case 'primary-lost':
    case 'both-primary-back':
    case 'both-replica-back':
      return pairScene(place);
    case 'spool':
      return spoolScene(place);
  }
}
