import type { EventOf, EventPattern, Filter, FilterOf, ProviderName, Selector } from '@hookline/core';
import type { BuiltProvider } from './define-provider.ts';

type Named<P extends ProviderName> = { readonly name: P } & Pick<BuiltProvider, 'bareTypesMatchSubtypes'>;

/** What may follow the types; the payload says which paths and values there are. */
interface SelectOptions<Payload, Where> {
  /**
   * Only events whose payloads it asks for; see `Filter`.
   * @example on: stripe('invoice.paid', { where: { 'data.object.livemode': true } })
   */
  readonly where: Where & FilterOf<Payload, Where>;
}

/** Chooses events of one provider for a handler's `on`. */
export interface Select<P extends ProviderName> {
  /** One or more types (`'invoice.paid'`) or patterns (`'invoice.*'`, `'*'`). */
  <const Pattern extends EventPattern<P>>(...types: readonly [Pattern, ...Pattern[]]): Selector<P, Pattern>;
  <const Pattern extends EventPattern<P>, const Where extends Filter>(
    ...asked: readonly [Pattern, ...Pattern[], SelectOptions<EventOf<P, Pattern>['payload'], Where>]
  ): Selector<P, Pattern>;
  /**
   * Only events of one source, for a provider that sends to several.
   * @example on: stripe.source('stripe-eu')('invoice.paid')
   */
  source(name: string): Select<P>;
}

export function selectFrom<P extends ProviderName>(provider: Named<P>): Select<P> {
  return select(provider);
}

function select<P extends ProviderName>(provider: Named<P>, source?: string): Select<P> {
  return Object.assign(
    <const Pattern extends EventPattern<P>>(
      ...asked: readonly (Pattern | SelectOptions<unknown, Filter>)[]
    ): Selector<P, Pattern> => {
      const types = asked.filter((each) => typeof each === 'string');
      const options = asked.find((each) => typeof each !== 'string');
      return {
        provider: provider.name,
        types: expandTypes(provider, types) as readonly Pattern[],
        ...(source === undefined ? {} : { source }),
        ...(options === undefined ? {} : { where: options.where }),
      };
    },
    { source: (name: string) => select(provider, name) },
  );
}

/**
 * The patterns that a handler's types come to: where a provider's bare types stand for their subtypes,
 * `issues` is also `issues.*`.
 */
export function expandTypes(
  provider: Pick<BuiltProvider, 'bareTypesMatchSubtypes'>,
  types: readonly string[],
): readonly string[] {
  if (!provider.bareTypesMatchSubtypes) return types;
  return types.flatMap((type) => (type.endsWith('*') ? [type] : [type, `${type}.*`]));
}
