import type { EventPattern, ProviderName, Selector } from '@hookline/core';
import type { BuiltProvider } from './define-provider.ts';

type Named<P extends ProviderName> = { readonly name: P } & Pick<BuiltProvider, 'bareTypesMatchSubtypes'>;

/** Chooses events of one provider for a handler's `on`. */
export interface Select<P extends ProviderName> {
  /** One or more types (`'invoice.paid'`) or patterns (`'invoice.*'`, `'*'`). */
  <const Pattern extends EventPattern<P>>(...types: readonly [Pattern, ...Pattern[]]): Selector<P, Pattern>;
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
    <const Pattern extends EventPattern<P>>(...types: readonly [Pattern, ...Pattern[]]) => ({
      provider: provider.name,
      types: expandTypes(provider, types) as readonly Pattern[],
      ...(source === undefined ? {} : { source }),
    }),
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
