import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';

/** What a figure is worth without which it is worth nothing. */
export interface Machine {
  readonly system: string;
  readonly processor: string;
  readonly cores: number;
  readonly memory: string;
  readonly node: string;
  readonly redis: string;
}

export function machineFacts(redis: string): Machine {
  return {
    system: `${platform()} ${arch()}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.versions.node,
    redis,
  };
}
