export { obtainBrowser, type Browser, type BrowserSearch } from './browser.ts';
export { startOwnRedis, testRedisUrl, uniquePrefix, type OwnRedis } from './redis.ts';
