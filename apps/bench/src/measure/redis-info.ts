import { Redis } from 'ioredis';

/** What a Redis says of itself at one moment. */
export interface RedisReading {
  /** Microseconds of CPU since it started, all threads. */
  readonly cpuMicros: number;
  /** Commands since it started, those in scripts counted, without the measurement's own. */
  readonly commands: number;
  readonly memory: number;
  /** Calls since it started by command, the measurement's own among them. */
  readonly calls: ReadonlyMap<string, number>;
}

/** The fields of a text of `INFO`. */
export function infoFields(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

/**
 * @param text of `INFO all`
 * @param own commands that the measurement had sent before this one, itself not counted
 */
export function readingOf(text: string, own: number): RedisReading {
  const fields = infoFields(text);
  const number = (name: string): number => {
    const value = Number(fields.get(name));
    if (!Number.isFinite(value)) throw new Error(`Redis has no ${name} in its INFO`);
    return value;
  };
  const calls = [...fields].flatMap(([name, value]): [string, number][] => {
    const command = /^cmdstat_(.+)$/.exec(name)?.[1];
    return command === undefined ? [] : [[command, Number(/calls=(\d+)/.exec(value)?.[1])]];
  });
  return {
    cpuMicros: (number('used_cpu_sys') + number('used_cpu_user')) * 1e6,
    commands: number('total_commands_processed') - own,
    memory: number('used_memory'),
    calls: new Map(calls),
  };
}

/** A connection that knows how many commands it has sent, so that they can be taken out of Redis's own count. */
export class ControlConnection extends Redis {
  sent = 0;

  override sendCommand(...args: Parameters<Redis['sendCommand']>): ReturnType<Redis['sendCommand']> {
    this.sent += 1;
    return super.sendCommand(...args);
  }

  async reading(): Promise<RedisReading> {
    const own = this.sent;
    return readingOf(await this.info('all'), own);
  }
}
