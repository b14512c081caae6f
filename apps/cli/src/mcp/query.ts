import type { SearchQuery } from '@hookline/core';
import { readSearch, searchProblem } from '../search-query.ts';
import type { ToolContext } from './tool.ts';

/**
 * Reads a query as far as it may be asked: who does not see payloads does not search them, either, for each answer would
 * tell a piece of one.
 */
export async function queryFor(
  { log, now, seesPayloads }: ToolContext,
  text: string,
): Promise<
  | { readonly kind: 'query'; readonly query: SearchQuery }
  | { readonly kind: 'problem'; readonly problem: string }
> {
  const query = await readSearch(text, now);
  if (!seesPayloads && query.phrases.length + query.pairs.length > 0)
    return {
      kind: 'problem',
      problem:
        'this server was started without --allow-payloads, so it cannot search them: ask by source:, type:, status:, handler:, id: or provider-id:',
    };
  const problem = await searchProblem(log, query);
  return problem === undefined ? { kind: 'query', query } : { kind: 'problem', problem };
}
