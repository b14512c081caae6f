import type { Partition } from '../client/partition.ts';
import { retryWhileLoading } from '../client/retry-while-loading.ts';

/** Whether an operator has paused the handler. */
export async function isHandlerPaused({ connection, keys }: Partition, handler: string): Promise<boolean> {
  return (await retryWhileLoading(() => connection.hexists(keys.pausedHandlers, handler))) === 1;
}
