import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { partitionOfEvent } from '@hookline/core';
import { givenUpOf, type PartitionPlace } from '../checkers/audit.ts';
import { historyAuditor } from '../checkers/history-audit.ts';
import { startWatch } from '../checkers/watch.ts';
import { openAuditor } from '../checkers/whole-audit.ts';
import { openExternalSystem } from '../workload/external-system.ts';
import { judge, type Equation, type Ledger, type Verdict } from '../checkers/invariants.ts';
import type { FaultCase, Figure, Stage } from './fault-case.ts';
import type { Fault } from './faults-log.ts';
import { startFleet, type Fleet } from '../fleet/fleet.ts';
import { openHistoryPlace } from '../fleet/history-place.ts';
import type { Environment } from '../injectors/process-faults.ts';
import { effectsFolder, readAnswers, readBank, readEffects, unheardOf } from '../checkers/ledger.ts';
import { openSetup } from '../setups/open-setup.ts';
import type { Setup, SetupName } from '../setups/setup.ts';
import { seeded } from '../workload/random.ts';
import { startSender, type Sender } from '../workload/sender-process.ts';
import { SECRETS } from '../workload/signed-post.ts';
import { planEvents, USUAL_MIX } from '../workload/workload.ts';

export interface RunOptions {
  /** The repository. */
  readonly root: string;
  /** For this run's data and logs. */
  readonly folder: string;
  readonly env: Environment;
  readonly setup: SetupName;
  readonly seed: number;
  /** Instead of the case's own number. */
  readonly events?: number;
  /** Whether answers are held to their time; not where other work shares the machine. */
  readonly timed: boolean;
  /** The code is broken on purpose in every process. */
  readonly mutation?: string;
  say(line: string): void;
}

export interface RunResult {
  readonly verdict: Verdict;
  readonly figures: readonly Figure[];
  readonly faults: readonly Fault[];
  readonly repairs: Readonly<Record<string, number>>;
  readonly seconds: number;
}

const SETTLE_MS = 60_000;
const INJECTION_LIMIT_MS = 300_000;
const POLL_MS = 100;
/** A receiver looks now and then whether Redis takes again what it has spooled. */
const SPOOL_MS = 30_000;
/** What programs still have to do that have just said they are ready: here five and more of them begin on the same cores. */
const BOOT_MS = 1_500;
/** Everything is over for so long before the books are closed: what would still come, comes. */
const QUIET_MS = 1_000;

/** One run of one case: start everything, let events flow, break things, mend them, resend, wait, read, judge. */
export async function runCase(fault: FaultCase, options: RunOptions): Promise<RunResult> {
  const { root, folder, seed, say, mutation } = options;
  const started = performance.now();
  mkdirSync(effectsFolder(folder), { recursive: true });
  const count = options.events ?? fault.events;
  const mix = fault.mix ?? USUAL_MIX;
  const faults: Fault[] = [];
  const closing: (() => Promise<unknown> | void)[] = [];
  try {
    const setup = await openSetup(options.setup, {
      folder,
      env: options.env,
      config: fault.redis ?? {},
      throughProxy: fault.throughProxy === true,
    });
    closing.push(() => setup.stop());
    const bank = await openExternalSystem(folder);
    closing.push(() => bank.close());
    const history = await openHistoryPlace(fault.history ?? 'sqlite', folder);
    closing.push(() => history.stop());
    const recorded = historyAuditor(history.url);
    closing.push(() => recorded.letGo());
    const fleet = startFleet({
      root,
      folder: join(folder, 'processes'),
      env: {
        PATH: options.env['PATH'],
        ...setup.env,
        APP_DIR: join(root, 'apps/faults/dist', fault.app ?? 'app'),
        WEBHOOK_SECRET_STRIPE: SECRETS.stripe,
        WEBHOOK_SECRET_GITHUB: SECRETS.github,
        LEDGER_EFFECTS: effectsFolder(folder),
        LEDGER_BANK: bank.url,
        HISTORY_URL: history.url,
        LOG_LEVEL: 'info',
        ...(mutation === undefined ? {} : { FAULT_MUTATION: mutation }),
        ...fault.env,
      },
    });
    closing.push(() => fleet.kill());
    const dashboards = fault.dashboards ?? 1;
    await Promise.all([
      ...Array.from({ length: fault.receivers ?? 2 }, () => fleet.add('receiver')),
      ...Array.from({ length: fault.workers ?? 2 }, () => fleet.add('worker')),
      ...Array.from({ length: dashboards }, () => fleet.add('dashboard')),
    ]);
    await wait(BOOT_MS);
    const receivers = fleet.members
      .filter(({ role }) => role === 'receiver')
      .map(({ urls }) => urls['receiver'] ?? '');
    const sender = startSender({
      seed,
      count,
      mix,
      receivers,
      folder,
      rate: fault.rate,
      copies: fault.copies ?? 0.05,
    });
    closing.push(() => sender.kill());

    const planned = planEvents(seed, count, mix);
    const stage = createStage({
      setup,
      history: { ...history, letGo: (during) => recorded.letGo(during) },
      fleet,
      sender,
      planned,
      faults,
      root,
      folder,
      env: options.env,
      seed,
    });
    const watch = startWatch({
      folder,
      planned,
      history: recorded,
      givenUp: async (events) => givenUpOf(events, await placesOf(setup)),
    });
    closing.push(() => watch.end());
    await withinLimit(fault.inject(stage));
    await heal(stage);
    const healed = Date.now();
    const left = await sender.finish();
    if (left > 0) say(`${left} events never had a 2xx`);
    const auditor = openAuditor(() => placesOf(setup));
    closing.push(() => auditor.close());
    const patience = fault.settleWithin ?? SETTLE_MS;
    const through = () =>
      untilNone(() => auditor.unfinished(), { quiet: QUIET_MS, patience, what: 'through', say });
    await through();
    // What a receiver has spooled is nowhere else yet.
    const unheard = async (): Promise<number> =>
      unheardOf(planned, { answers: readAnswers(folder), effects: readEffects(folder) }, stage.damaged);
    await untilNone(unheard, { quiet: 0, patience: SPOOL_MS, what: 'heard of', say });
    await through();
    const settledIn = Date.now() - healed;
    if (dashboards > 0)
      await untilNone(() => auditor.unrecorded(), { quiet: 0, patience: SETTLE_MS, what: 'recorded', say });
    const recordedIn = Date.now() - healed;

    const ledger: Ledger = {
      planned,
      faults,
      damaged: stage.damaged,
      answers: readAnswers(folder),
      effects: readEffects(folder),
      bank: readBank(folder),
      rest: await auditor.read(),
      ...(dashboards === 0
        ? {}
        : { history: { recorded: await recorded.read(), missed: await watch.end() } }),
      lives: [...fleet.lives],
      takesOver: setup.takesOver,
      ...(fault.answerWithin === undefined
        ? {}
        : { answerWithin: options.timed ? fault.answerWithin : Infinity }),
      ...(fault.ordered === undefined ? {} : { ordered: fault.ordered, partitionOf: stage.partitionOf }),
    };
    const verdict = withMore(judge(ledger), fault.equations?.(ledger, stage) ?? []);
    return {
      verdict,
      faults,
      repairs: ledger.rest.repairs,
      figures: [
        {
          name: 'healed to all through',
          value: settledIn / 1_000,
          unit: 's',
        },
        ...(dashboards === 0
          ? []
          : [{ name: 'healed to all recorded', value: recordedIn / 1_000, unit: 's' } as const]),
        ...(fault.figures?.(ledger, stage) ?? []),
      ],
      seconds: (performance.now() - started) / 1_000,
    };
  } finally {
    for (const close of closing.toReversed()) await Promise.resolve(close()).catch(() => undefined);
  }
}

function createStage(parts: {
  readonly setup: Setup;
  readonly history: Stage['history'];
  readonly fleet: Fleet;
  readonly sender: Sender;
  readonly planned: Stage['planned'];
  readonly faults: Fault[];
  readonly root: string;
  readonly folder: string;
  readonly env: Environment;
  readonly seed: number;
}): Stage {
  const { fleet, sender, faults, setup } = parts;
  const random = seeded(parts.seed ^ 0xfa017);
  const count = setup.prefixes.length;
  const sourceOf = new Map(parts.planned.map(({ id, source }) => [id, source]));
  const anyPartition = (): number => (count === 1 ? 0 : random.between(0, count - 1));
  return {
    setup,
    master: (partition = anyPartition()) => setup.masterOf(partition),
    anyPartition,
    partitionOf(id) {
      const source = sourceOf.get(id) ?? '';
      return partitionOfEvent({ id: `${source}.${id}`, source }, count);
    },
    history: parts.history,
    fleet,
    planned: parts.planned,
    root: parts.root,
    folder: parts.folder,
    env: parts.env,
    random,
    damaged: new Set(),
    allSent: sender.allSent,
    members: (role) => fleet.members.filter((member) => member.role === role),
    setRate: (rate) => sender.setRate(rate),
    async fault(kind, target, during) {
      const pids = typeof target === 'string' ? [] : [target.pid];
      const name = typeof target === 'string' ? target : `${target.role} ${target.slot}`;
      const at = Date.now();
      await during();
      faults.push({
        kind,
        target: name,
        pids,
        at,
        until: Date.now(),
      });
    },
    wait: (ms) => wait(ms),
  };
}

/** A case that waits for what never comes must not hold up all the others. */
async function withinLimit(injected: Promise<void>): Promise<void> {
  const over = new AbortController();
  const late = wait(INJECTION_LIMIT_MS, undefined, { signal: over.signal }).then(() => {
    throw new Error(`the case has not ended after ${INJECTION_LIMIT_MS / 1000} s`);
  });
  late.catch(() => undefined);
  await Promise.race([injected, late]).finally(() => over.abort());
}

/** Nothing is broken any more: every process runs, every Redis answers, the network carries. */
async function heal({ setup, fleet }: Stage): Promise<void> {
  setup.proxies?.set({ kind: 'pass' });
  await Promise.all(
    setup.servers.map(async (redis) => {
      if (redis.alive) redis.thaw();
      await (redis.alive ? redis.freeDisk() : redis.restart());
      await redis.loaded();
      await redis.setMaxMemory(0);
    }),
  );
  await setup.settled();
  for (const member of fleet.members) {
    if (member.alive) member.thaw();
    else await member.restart();
    member.shiftClock(0);
  }
}

/** The servers that have the partitions by now, each by itself: what stands in front of them is for others. */
function placesOf(setup: Setup): Promise<readonly PartitionPlace[]> {
  return Promise.all(
    setup.prefixes.map(async (prefix, partition) => ({
      prefix,
      port: (await setup.masterOf(partition)).port,
    })),
  );
}

/** Waits until this is 0, and stays so for the quiet time. */
async function untilNone(
  count: () => Promise<number>,
  {
    quiet,
    patience,
    what,
    say,
  }: { readonly quiet: number; readonly patience: number; readonly what: string; say(line: string): void },
): Promise<void> {
  const deadline = Date.now() + patience;
  for (let quietSince = 0; ;) {
    const left = await count().catch(() => Infinity);
    const now = Date.now();
    quietSince = left > 0 ? 0 : quietSince || now;
    if (quietSince > 0 && now - quietSince >= quiet) return;
    if (now > deadline) return say(`${left} are not ${what} in time`);
    await wait(POLL_MS);
  }
}

function withMore(verdict: Verdict, more: readonly Equation[]): Verdict {
  const equations = [...verdict.equations, ...more];
  return { ...verdict, equations, holds: equations.every(({ broken }) => broken.length === 0) };
}
