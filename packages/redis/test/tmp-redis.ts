import { randomUUID } from 'node:crypto';
export const testRedisUrl = () => process.env['HOOKLINE_TEST_REDIS_URL'] ?? 'redis://127.0.0.1:7777';
export const uniquePrefix = () => `{t-${randomUUID()}}`;
