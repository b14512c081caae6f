import type { Provider } from './provider.ts';

/** One configured endpoint: `/webhooks/<name>`. */
export interface Source {
  readonly name: string;
  readonly provider: Provider;
  /** The public address of the endpoint, for providers that sign it. */
  readonly url?: string;
  /** The most bytes of a body; the provider's own limit unless given. */
  readonly bodyLimit?: number;
  /** All of them are accepted, so that one can be replaced by the next. Asked at every request: a file may change. */
  secrets(): readonly string[];
  /** What they were before they last changed, to tell an operator who still signs with them. */
  formerSecrets?(): readonly string[];
  /** What an event is about, where that is set for this source; else its provider says. */
  subjectOf?(body: Buffer): string | undefined;
  /** How that is found, in words that change with it. */
  readonly subjectRule?: string;
  /** The job priority of an event type (1 first); `undefined` when no source has priorities. */
  priorityOf(type: string): number | undefined;
}
