export { explain, explainShown, showEvent, type ShownEvent } from './ask.ts';
export type { Content } from './content.ts';
export { EventLog, type EventDetail, type EventLogParts } from './event-log.ts';
export { explainEvent, explainNothing, type Explained } from './explain.ts';
export { readSavedSample, savedSampleOf, type SavedSample } from './saved-sample.ts';
export { judgeAgain, verifiedBy, type Judgement, type VerifiedBy } from './signature.ts';
export { timelineOf, type TimelineEntry } from './timeline.ts';
export { auditPage, refusalsPage } from './notes.ts';
export {
  askReplay,
  turnReplayBy,
  type ReplayAsked,
  type ReplayBegun,
  type ReplayTurn,
} from './replays/ask-replay.ts';
export { nextStep, type Progress, type Step } from './replays/canary.ts';
export { ReplayRunner } from './replays/runner.ts';
export { loadHandlers, turnHandler, type HandlerTurn, type HandlerView } from './handlers.ts';
export { loadQueues, type QueueView } from './queues.ts';
export { discardIssue, replayIssue, type IssueReplay } from './issues.ts';
export { loadSources, silentSince, type SourceView } from './silence.ts';
export { turnQueue } from './turn-queue.ts';
