import type { ProviderName, Scheme } from '@hookline/core';

/** A provider as data: all that its file holds beside its event types. */
export interface ProviderSpec<Name extends ProviderName = ProviderName> {
  readonly name: Name;
  /** How it signs. The first scheme whose signature header is there is the one that must hold. */
  readonly schemes: readonly [Scheme, ...Scheme[]];
  /** Where the event's id stands; the first place that has one counts. */
  readonly deliveryId: readonly Place[];
  /** Where the event's type stands; the first place that has one counts. */
  readonly type: readonly TypePlace[];
  /** See `Provider.bareTypesMatchSubtypes`. Default false. */
  readonly bareTypesMatchSubtypes?: boolean;
  /** The field that holds the JSON when the provider sends a form; absent, it sends none. */
  readonly formField?: string;
  /** A first request of a kind that only wants part of its body sent back, once its signature holds. */
  readonly echo?: {
    readonly when: { readonly body: readonly string[]; readonly is: string };
    readonly body: readonly string[];
  };
  /** What a secret of this provider looks like. */
  readonly secret: { readonly prefix: string; readonly encoding: 'hex' | 'base64' };
  readonly samples: Readonly<Record<string, SampleSpec>>;
}

export type Place =
  | { readonly header: string }
  | { readonly body: readonly string[] }
  /** The message id that the scheme in use signs: never a header that nobody signed. */
  | { readonly signed: 'id' };

/** A place, and another that refines it where it is there: `issues` and `opened` are `issues.opened`. */
export type TypePlace = Place & { readonly refinedBy?: Place };

export interface SampleSpec {
  readonly headers?: (seed: SampleSeed) => Readonly<Record<string, string>>;
  readonly body: (seed: SampleSeed) => object;
}

export interface SampleSeed {
  /** Letters and digits that belong to this sample only. */
  readonly unique: string;
  /** Seconds since the epoch. */
  readonly seconds: number;
  /** ISO 8601, in UTC. */
  readonly iso: string;
  /** A number of 12 digits for a named thing in this sample: the same name gives the same number. */
  readonly number: (name: string) => number;
  readonly uuid: (name: string) => string;
}
