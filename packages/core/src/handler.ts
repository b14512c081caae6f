import type { BrakeOptions } from './brake.ts';
import type { RunContext } from './context.ts';
import type { Duration } from './duration.ts';
import type { HooklineEvent } from './event.ts';
import type { Filter } from './filter.ts';
import type { FilterOf } from './filter-types.ts';
import type { RetryOptions } from './retry.ts';
import type { SchemaOutput, StandardSchema } from './standard-schema.ts';
import type { Version } from './subject-rule.ts';

/**
 * What each provider sends: a map from event type to payload. Provider files add themselves by declaration
 * merging, so that core names none of them.
 */
// oxlint-disable-next-line typescript/no-empty-object-type
export interface ProviderEvents {}

export type ProviderName = keyof ProviderEvents & string;
export type EventType<P extends ProviderName> = keyof ProviderEvents[P] & string;

/** Providers whose bare types stand for their subtypes (`issues` for `issues.opened`), by declaration merging. */
// oxlint-disable-next-line typescript/no-empty-object-type
export interface BareTypes {}

/**
 * Providers whose signature leaves the body out, always (`false`) or at times (`boolean`), by declaration merging:
 * `event.bodyTrusted` says which.
 */
// oxlint-disable-next-line typescript/no-empty-object-type
export interface UntrustedBodies {}

type BodyTrust<P> = P extends keyof UntrustedBodies ? UntrustedBodies[P] & boolean : true;

/** `'invoice.*'` and `'*'` beside the types themselves. */
export type EventPattern<P extends ProviderName> =
  | EventType<P>
  | PrefixPattern<EventType<P>>
  | BareType<P, EventType<P>>
  | '*';
type PrefixPattern<T extends string> = T extends `${infer Head}.${infer Rest}`
  ? `${Head}.*` | `${Head}.${PrefixPattern<Rest>}`
  : never;
type BareType<P extends ProviderName, T extends string> = P extends keyof BareTypes
  ? T extends `${infer Head}.${string}`
    ? Head
    : never
  : never;

/** The types that a pattern stands for. */
export type MatchingType<P extends ProviderName, Pattern extends string> = Pattern extends '*'
  ? EventType<P>
  : Pattern extends `${infer Prefix}*`
    ? WithPrefix<EventType<P>, Prefix>
    : Pattern extends EventType<P>
      ? Pattern
      : WithPrefix<EventType<P>, `${Pattern}.`>;
/** For a provider without a list of its types, all that begin so. */
type WithPrefix<T extends string, Prefix extends string> = string extends T
  ? `${Prefix}${string}`
  : Extract<T, `${Prefix}${string}`>;

/** The events that match: a union with one member a type, so that `event.type` narrows `event.payload`. */
export type EventOf<P extends ProviderName, Pattern extends string> = {
  [T in MatchingType<P, Pattern>]: HooklineEvent<
    ProviderEvents[P][T & keyof ProviderEvents[P]],
    T,
    P,
    BodyTrust<P>
  >;
}[MatchingType<P, Pattern>];

/** Which events a handler asks for. */
export interface Selector<P extends string = string, Pattern extends string = string> {
  readonly provider: P;
  readonly types: readonly Pattern[];
  /** Only events of this source; all sources of the provider otherwise. */
  readonly source?: string;
  /** Only events whose payloads it asks for: the others are noted as `filtered`, and become no job. */
  readonly where?: Filter;
}

/** Your function for event types, with how it is to be run. */
export interface HandlerDefinition<Event extends HooklineEvent = HooklineEvent> {
  /** Stable identity: queued work outlives a file's name. */
  readonly name: string;
  readonly on: Selector;
  /** A queue of its own has its own concurrency, rate limit and workers. */
  readonly queue?: string;
  readonly retry?: RetryOptions;
  readonly timeout?: Duration;
  /** How long after its arrival the event is handled; a function decides for each event. */
  readonly delay?: Duration | ((event: Event) => Duration);
  /**
   * Events of one subject run one at a time, in the order in which they came; those of others beside them. One that fails
   * holds up its subject alone, until it succeeds or is dead.
   */
  readonly order?: true;
  /** With `order`: whether the next of the subject runs behind a dead one (`continue`), or waits until that is replayed or discarded. */
  readonly onDead?: 'continue' | 'halt';
  /** The newest version of a subject wins: once one was handled, an older one never is; it ends as superseded. */
  readonly latest?: (event: Event) => Version;
  /** One run for a burst of events of one subject, with the last of them: `wait` after it, at most `max` after the first. */
  readonly collapse?: { readonly wait: Duration; readonly max?: Duration };
  /**
   * When its deliveries wait, with no attempt spent, because what it depends on is down: most attempts fail, most of those in
   * one way and for several subjects. It is on unless this is `false`; see `BrakeOptions` for what each choice is by itself.
   */
  readonly brake?: false | BrakeOptions;
  readonly schema?: StandardSchema;
  run(event: Event, ctx: RunContext): unknown;
}

interface TypedHandler<
  P extends ProviderName,
  Pattern extends EventPattern<P>,
  Event extends HooklineEvent,
> extends Omit<HandlerDefinition<Event>, 'on' | 'schema'> {
  readonly on: Selector<P, Pattern>;
}

/**
 * Adds types to a handler: `event` is typed by `on`, or by `schema` where there is one.
 * @example defineHandler({ name: 'greet', on: stripe('customer.created'), run: (event) => event.payload.data.object.email })
 */
export function defineHandler<
  const P extends ProviderName,
  const Pattern extends EventPattern<P>,
  const Schema extends StandardSchema,
>(
  definition: TypedHandler<P, Pattern, HooklineEvent<SchemaOutput<Schema>, MatchingType<P, Pattern>, P>> & {
    readonly schema: Schema;
  },
): HandlerDefinition;
export function defineHandler<
  const P extends ProviderName,
  const Pattern extends EventPattern<P>,
  const Where extends Filter = Filter,
>(
  definition: TypedHandler<P, Pattern, EventOf<P, Pattern>> & {
    readonly schema?: undefined;
    readonly on: { readonly where?: Where & FilterOf<EventOf<P, Pattern>['payload'], Where> };
  },
): HandlerDefinition;
export function defineHandler(definition: unknown): unknown {
  return definition;
}
