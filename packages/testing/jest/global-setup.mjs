export { startTestRedis as default } from './test-redis.mjs';
