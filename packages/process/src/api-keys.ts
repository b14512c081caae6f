import type { Problems } from './config-error.ts';
import { isProduction, type Environment } from './environment.ts';
import { isGuessable } from './guessable.ts';

/** Shorter ones can be guessed. */
const SHORTEST_API_KEY = 16;

/** `API_KEY`, comma-separated: each opens the job API on a receiver and the operators' API on the dashboard. */
export function apiKeysSetting(env: Environment, problems: Problems): readonly string[] {
  const keys = (env['API_KEY'] ?? '').split(',').flatMap((key) => key.trim() || []);
  if (keys.some((key) => key.length < SHORTEST_API_KEY))
    problems.add(
      `API_KEY: use at least ${SHORTEST_API_KEY} characters for each key; 'openssl rand -hex 24' makes a good one`,
    );
  else if (isProduction(env) && keys.some(isGuessable))
    problems.add(`API_KEY: is easy to guess; 'openssl rand -hex 24' makes a good one`);
  return keys;
}
