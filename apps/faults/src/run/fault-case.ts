import type { Equation, Ledger } from '../checkers/invariants.ts';
import type { FaultyRedis } from '../fleet/faulty-redis.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { HistoryKind, HistoryPlace } from '../fleet/history-place.ts';
import type { ProgramRole } from '../fleet/lives.ts';
import type { Member } from '../fleet/member.ts';
import type { Environment } from '../injectors/process-faults.ts';
import type { Setup, SetupName } from '../setups/setup.ts';
import type { Random } from '../workload/random.ts';
import type { Mix, PlannedEvent } from '../workload/workload.ts';

/** A kind of trouble: what is run, what is done to it, and what has to hold beside the equations. */
export interface FaultCase {
  readonly name: string;
  /** In one line, for people. */
  readonly what: string;
  /** The set-ups on which it means nothing, and why. */
  readonly notOn?: Readonly<Partial<Record<SetupName, string>>>;
  /** How many events are sent, and how many a second. */
  readonly events: number;
  readonly rate: number;
  readonly mix?: Mix;
  /** The share of events that come a second time, later; 5 % unless given. */
  readonly copies?: number;
  /** The definitions that workers run; `app` unless given. */
  readonly app?: 'app' | 'cron-app' | 'moved-app' | 'older-app';
  /** 2 of each unless given. */
  readonly receivers?: number;
  readonly workers?: number;
  /** 1 unless given; each records the history in turn. With 0 there is none. */
  readonly dashboards?: number;
  /** A SQLite file of the run's own unless given. */
  readonly history?: HistoryKind;
  /** Settings for every process. */
  readonly env?: Environment;
  /** Lines of redis.conf. */
  readonly redis?: Readonly<Record<string, string>>;
  /** Whether processes reach every Redis through a proxy. */
  readonly throughProxy?: boolean;
  /** Milliseconds in which everything has to be through once nothing is wrong any more; 60 s unless given. */
  readonly settleWithin?: number;
  /** Milliseconds within which every answer has to come. Only where receivers themselves are left alone. */
  readonly answerWithin?: number;
  readonly ordered?: boolean;
  inject(stage: Stage): Promise<void>;
  /** More that has to hold. */
  equations?(ledger: Ledger, stage: Stage): readonly Equation[];
  /** What is measured on the way, for the published table. */
  figures?(ledger: Ledger, stage: Stage): readonly Figure[];
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 's' | 'events' | '%' | 'kB';
}

/** What a case works with while events flow. */
export interface Stage {
  readonly setup: Setup;
  /** The server that a partition's keys are written to by now; any partition's unless told: with one Redis there is one. */
  master(partition?: number): Promise<FaultyRedis>;
  /** Any partition. */
  anyPartition(): number;
  /** Which partition has what a provider sent with this id. */
  partitionOf(id: string): number;
  readonly history: HistoryPlace & {
    /** Ends what the harness itself has open of it, before its files are damaged, and until `during` is through. */
    letGo(during?: () => Promise<unknown>): Promise<void>;
  };
  readonly fleet: Fleet;
  readonly random: Random;
  readonly planned: readonly PlannedEvent[];
  /** The repository. */
  readonly root: string;
  /** Where this run keeps its logs. */
  readonly folder: string;
  readonly env: Environment;
  /** Provider ids whose stored bytes the case has damaged. */
  readonly damaged: Set<string>;
  members(role: ProgramRole): readonly Member[];
  setRate(eventsPerSecond: number): void;
  /** Resolves when every event was posted once. */
  readonly allSent: Promise<void>;
  /** Injects one fault and writes it down: it lasts as long as `during` takes. */
  fault(
    kind: string,
    target: Member | 'redis' | 'network' | (string & {}),
    during: () => Promise<void> | void,
  ): Promise<void>;
  wait(ms: number): Promise<void>;
}
