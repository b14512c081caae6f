export { findRedisServer, type FindRedisServer, type RedisServer } from './find.ts';
export { freePort } from './port.ts';
export { readLocalRedis, type LocalRedisAddress } from './address.ts';
export { ask, type Reply } from './resp.ts';
export { startLocalRedis, type LocalRedis, type RedisExit, type StartLocalRedis } from './start.ts';
export type { Environment } from './run.ts';
