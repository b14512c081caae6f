import { setTimeout as wait } from 'node:timers/promises';

/**
 * What a server says that cannot serve at the moment and has changed nothing. Redis before 7 wraps what a script
 * was told, so the word may stand anywhere. Of a cluster ioredis gives up a command after so many tries, which take
 * less time than a failover does: one that is sent again is what it does with any other Redis.
 */
const NOT_NOW =
  /(?:^|[\s-])(?:LOADING|MISCONF|OOM|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|NOREPLICAS|UNBLOCKED)\s|^Too many Cluster redirections/;

const FIRST_MS = 50;
const LONGEST_MS = 500;

/**
 * Asks again for as long as the server cannot serve. For workers: an effect that was made has to be kept, and a
 * handler that ran to be settled, however long Redis loads or its disk is full. Giving up would make the effect again
 * (57 second effects were seen in one run of restarts with LOADING).
 * A connection that is gone is ioredis's to wait for; one that is closed rejects.
 */
export async function retryWhileLoading<T>(call: () => Promise<T>): Promise<T> {
  for (let delay = FIRST_MS; ; delay = Math.min(2 * delay, LONGEST_MS)) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Error) || !NOT_NOW.test(error.message)) throw error;
      await wait(delay);
    }
  }
}
