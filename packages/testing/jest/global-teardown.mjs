export { stopTestRedis as default } from './test-redis.mjs';
