export { obtainBrowser, type Browser, type BrowserSearch } from './browser.ts';
export { createMemoryEventStore, type MemoryEventStore } from './event-store.ts';
export { startOwnRedis, testRedisUrl, uniquePrefix, type OwnRedis } from './redis.ts';
export { TEST_CERTIFICATES } from './certificates.ts';
