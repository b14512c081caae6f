export { obtainBrowser, type Browser, type BrowserSearch } from './browser.ts';
export { TEST_CERTIFICATES } from './certificates.ts';
export { startCluster, type RedisCluster, type StartCluster } from './cluster.ts';
export { eventually, eventuallyFits } from './eventually.ts';
export { startLockedRedis, type LockedRedis } from './locked-redis.ts';
export type { NodeLogin, NodeOptions, RedisNode } from './redis-node.ts';
export { startOwnRedis, testRedisUrl, uniquePrefix, type OwnRedis } from './redis.ts';
export { selfSigned } from './self-signed.ts';
export { startSentinelTrio, type SentinelTrio, type StartSentinels } from './sentinel.ts';
