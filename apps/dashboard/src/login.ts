import type { AccessOptions, Login } from '@hookline/http';
import { devEnvFile, isGuessable, type Environment, type Problems } from '@hookline/process';

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
  else if (production) {
    const weakness = weaknessOf({ user, password });
    if (weakness !== undefined) yield `DASHBOARD_PASSWORD: is ${weakness}; ${MAKE_ONE}`;
  }
}

function weaknessOf({ user, password }: Login): string | undefined {
  if (password.length < SHORTEST_PASSWORD) return `shorter than ${SHORTEST_PASSWORD} characters`;
  return isGuessable(password) || password === user ? 'easy to guess' : undefined;
}

function nobodyMayLogIn({ production, dataDir }: { production: boolean; dataDir: string }): string {
  return production
    ? 'DASHBOARD_USER, DASHBOARD_PASSWORD: are missing; the dashboard shows and changes every queue, so in production it does not start without a login'
    : `DASHBOARD_USER, DASHBOARD_PASSWORD: are missing; set both, or run 'npm start' once, which writes a login to ${devEnvFile(dataDir)}`;
}

const SHORTEST_SESSION_SECRET = 32;
const MAKE_A_SECRET = 'use a random one, for example from "openssl rand -base64 32"';

/** Who may look at the dashboard beside the operator, and what sessions are signed with. */
export function readAccess(
  settings: {
    readonly DASHBOARD_VIEWERS: string | undefined;
    readonly DASHBOARD_VIEWERS_SEE_PAYLOADS: 'off' | 'on' | 'false' | 'true';
    readonly SESSION_SECRET: string | undefined;
  },
  rules: { readonly login: Login; readonly production: boolean },
  problems: Problems,
): AccessOptions {
  const { DASHBOARD_VIEWERS_SEE_PAYLOADS: sees, SESSION_SECRET: sessionSecret } = settings;
  if (sessionSecret !== undefined && rules.production) {
    if (sessionSecret.length < SHORTEST_SESSION_SECRET)
      problems.add(`SESSION_SECRET: is shorter than ${SHORTEST_SESSION_SECRET} characters; ${MAKE_A_SECRET}`);
    else if (isGuessable(sessionSecret)) problems.add(`SESSION_SECRET: is easy to guess; ${MAKE_A_SECRET}`);
  }
  return {
    viewers: viewersOf(settings.DASHBOARD_VIEWERS ?? '', rules, problems),
    viewersSeePayloads: sees === 'on' || sees === 'true',
    sessionSecret,
  };
}

/** What needs no escapes in a log line or an address, and cannot be taken for two names. */
const VIEWER_NAME = /^[\p{L}\p{N}._@+-]{1,64}$/u;

/** `ada:password, grace:another`. No problem quotes an entry: a slip may have put a password where the name belongs. */
function viewersOf(
  text: string,
  { login, production }: { readonly login: Login; readonly production: boolean },
  problems: Problems,
): readonly Login[] {
  if (text.trim() === '') return [];
  const viewers: Login[] = [];
  for (const [index, entry] of text.split(',').entries()) {
    const [, user = '', password = ''] = /^([^:]*):(.*)$/s.exec(entry.trim()) ?? [];
    const problem = viewerProblem({ user, password }, [login, ...viewers], production);
    if (problem === undefined) viewers.push({ user, password });
    else problems.add(`DASHBOARD_VIEWERS: entry ${index + 1} ${problem}`);
  }
  return viewers;
}

function viewerProblem(
  viewer: Login,
  [operator, ...others]: readonly [Login, ...(readonly Login[])],
  production: boolean,
): string | undefined {
  const { user, password } = viewer;
  if (user === '' || password === '')
    return 'is not name:password; write name:password,name2:password2 (a comma ends a password)';
  if (!VIEWER_NAME.test(user))
    return 'has a name that cannot be; use at most 64 letters, digits and . _ @ + -';
  if (user === operator.user) return 'has the name of DASHBOARD_USER; give each account a name of its own';
  if (others.some((other) => other.user === user))
    return 'has the name of an earlier entry; give each account a name of its own';
  if (!production) return undefined;
  if (password === operator.password)
    return `has the password of DASHBOARD_USER, and could log in as the operator; ${MAKE_ONE}`;
  const weakness = weaknessOf(viewer);
  return weakness === undefined ? undefined : `has a password that is ${weakness}; ${MAKE_ONE}`;
}
