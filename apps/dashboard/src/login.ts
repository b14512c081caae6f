import { devEnvFile, isGuessable, type Environment, type Problems } from '@hookline/process';

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Ten wrong tries in 15 minutes leave a password of this length safe from guessing, and it can still be typed. */
const SHORTEST_PASSWORD = 12;
const MAKE_ONE = 'use a random one, for example from "openssl rand -base64 18"';

/**
 * Who may open the dashboard: `DASHBOARD_USER` with `DASHBOARD_PASSWORD`, which in development `npm start` has
 * generated. In production a password that could be guessed is refused: shorter than 12 characters, made of the words that
 * everybody tries, or the user's name.
 */
export function readLogin(
  env: Environment,
  settings: { readonly production: boolean; readonly dataDir: string },
  problems: Problems,
): Login {
  const { DASHBOARD_USER: user = '', DASHBOARD_PASSWORD: password = '' } = env;
  if (user === '' && password === '') problems.add(nobodyMayLogIn(settings));
  else for (const problem of weaknesses({ user, password }, settings.production)) problems.add(problem);
  return { user, password };
}

function* weaknesses({ user, password }: Login, production: boolean): Generator<string> {
  if (user === '') yield 'DASHBOARD_USER: is missing beside DASHBOARD_PASSWORD; set both';
  if (user.includes(':')) yield 'DASHBOARD_USER: must not hold a colon; HTTP Basic ends the name there';
  if (password === '') yield 'DASHBOARD_PASSWORD: is missing beside DASHBOARD_USER; set both';
  else if (production && password.length < SHORTEST_PASSWORD)
    yield `DASHBOARD_PASSWORD: is shorter than ${SHORTEST_PASSWORD} characters; ${MAKE_ONE}`;
  else if (production && (isGuessable(password) || password === user))
    yield `DASHBOARD_PASSWORD: is easy to guess; ${MAKE_ONE}`;
}

function nobodyMayLogIn({ production, dataDir }: { production: boolean; dataDir: string }): string {
  return production
    ? 'DASHBOARD_USER, DASHBOARD_PASSWORD: are missing; the dashboard shows and changes every queue, so in production it does not start without a login'
    : `DASHBOARD_USER, DASHBOARD_PASSWORD: are missing; set both, or run 'npm start' once, which writes a login to ${devEnvFile(dataDir)}`;
}
