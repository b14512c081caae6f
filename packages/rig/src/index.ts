export { obtainBrowser, type Browser, type BrowserSearch } from './browser.ts';
export { TEST_CERTIFICATES } from './certificates.ts';
export { eventually, eventuallyFits } from './eventually.ts';
export { startOwnRedis, testRedisUrl, uniquePrefix, type OwnRedis } from './redis.ts';
export { selfSigned } from './self-signed.ts';
