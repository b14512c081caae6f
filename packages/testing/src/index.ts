export { createMemoryEventStore, type MemoryEventStore } from './event-store.ts';
export { eventStoreSuite } from './event-store-suite.ts';
export { attemptOf, blockOf, eventOf, searchFor } from './history-samples.ts';
export { historySuite } from './history-suite.ts';
export { jobFeedSuite } from './job-feed-suite.ts';
export { MemoryJobs } from './job-service.ts';
export { jobServiceSuite } from './job-service-suite.ts';
