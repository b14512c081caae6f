import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Environment variables as `main.ts` read them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `inside`: the command is on its way and its reply has not been looked at. */
export const POINT_MOMENTS = ['before', 'inside', 'after'] as const;
export type PointMoment = (typeof POINT_MOMENTS)[number];

export interface FailPoint {
  /** The name of a Lua script of packages/redis: each is one atomic step. */
  readonly script: string;
  readonly moment: PointMoment;
  /** It dies at its `nth` run of the script, counted from 1. */
  readonly nth: number;
}

export interface ClockShift {
  /** Milliseconds of the process's life. */
  readonly afterMs: number;
  /** Milliseconds from the true time; not added to earlier ones. */
  readonly offsetMs: number;
}

/** What goes wrong within a product process, by no fault of its own. */
export interface ProcessFaults {
  /** It kills itself with SIGKILL there. */
  readonly point?: FailPoint;
  /** `Date` is off from then on; timers and `performance` are not. */
  readonly clock?: readonly ClockShift[];
  /** A name of `mutations`. */
  readonly mutation?: string;
}

/** What the preload is told. */
export interface PreloadSettings extends ProcessFaults {
  /** Where `block` and `clock` files of the harness are, in milliseconds each; none unless given. */
  readonly folder?: string;
}

const PRELOAD = 'apps/faults/dist/injectors/process-preload.js';

/** Exit code of a process that cannot be spoilt as it was told: it must not run unspoilt. */
export const CANNOT_SPOIL = 97;

/**
 * The environment that makes a product process load the preload ahead of its own code, and tells that what to do.
 * @param root the repository
 * @param env where NODE_OPTIONS are taken from that the process has besides
 */
export function faultEnvironment(
  root: string,
  { point, clock, mutation, folder }: PreloadSettings,
  env: Environment = {},
): Record<string, string> {
  const preload = `--import=${pathToFileURL(join(root, PRELOAD)).href}`;
  return {
    NODE_OPTIONS: [env['NODE_OPTIONS'], preload].filter(Boolean).join(' '),
    ...(point === undefined ? {} : { FAULT_POINT: `${point.script}:${point.moment}:${point.nth}` }),
    ...(clock === undefined
      ? {}
      : { FAULT_CLOCK: clock.map(({ afterMs, offsetMs }) => `${afterMs}:${offsetMs}`).join(',') }),
    ...(mutation === undefined ? {} : { FAULT_MUTATION: mutation }),
    ...(folder === undefined ? {} : { FAULT_FOLDER: folder }),
  };
}

/** Reads what `faultEnvironment` wrote. @throws Error naming the variable that says nothing */
export function readFaults(env: Environment): PreloadSettings {
  const { FAULT_POINT, FAULT_CLOCK, FAULT_MUTATION, FAULT_FOLDER } = env;
  return {
    ...(FAULT_POINT ? { point: readPoint(FAULT_POINT) } : {}),
    ...(FAULT_CLOCK ? { clock: FAULT_CLOCK.split(',').map(readShift) } : {}),
    ...(FAULT_MUTATION ? { mutation: FAULT_MUTATION } : {}),
    ...(FAULT_FOLDER ? { folder: FAULT_FOLDER } : {}),
  };
}

function readPoint(text: string): FailPoint {
  const [first, second, third, ...more] = text.split(':');
  const script = /^[a-z-]+$/.exec(first ?? '')?.[0];
  const moment = POINT_MOMENTS.find((name) => name === second);
  const nth = Number(third);
  if (script === undefined || moment === undefined || !(Number.isInteger(nth) && nth > 0) || more.length > 0)
    throw new Error(`FAULT_POINT: '${text}' is not <script>:<${POINT_MOMENTS.join('|')}>:<1, 2 …>`);
  return { script, moment, nth };
}

function readShift(text: string): ClockShift {
  const [, afterMs, offsetMs] = /^(\d+):([+-]?\d+)$/.exec(text) ?? [];
  if (afterMs === undefined || offsetMs === undefined)
    throw new Error(`FAULT_CLOCK: '${text}' is not <ms of life>:<ms of offset>, like 5000:+3600000`);
  return { afterMs: Number(afterMs), offsetMs: Number(offsetMs) };
}
