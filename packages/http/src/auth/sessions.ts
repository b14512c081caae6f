import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { IsSecure } from '../wire/peer.ts';
import type { Account } from './accounts.ts';
import { openSession, sealSession, SESSION_MS, type Signer } from './session-cookie.ts';

/** Sessions of browsers, each in a cookie: nothing of them is kept here but those that were ended early. */
export interface Sessions {
  /** @returns the cookie that begins one, for `Set-Cookie` */
  begin(request: IncomingMessage, account: Account): string;
  /** Whose session a request belongs to, if anybody's. */
  accountOf(request: IncomingMessage): Account | undefined;
  /**
   * Ends a request's session: its cookie is taken from the browser, and a copy of it opens nothing on this dashboard
   * any more. Other dashboards do not hear of it: there a stolen copy is good until it expires, or until the password
   * or the session secret changes.
   * @returns the cookies that take it away, for `Set-Cookie`
   */
  end(request: IncomingMessage): readonly string[];
}

const NAME = 'hookline-session';
/** A browser takes it only with `Secure`, `Path=/` and no `Domain`: no neighbouring host can put one in its place. */
const SECURE_NAME = `__Host-${NAME}`;
/** Only who has a session can end one: the oldest end is forgotten first. */
const MOST_ENDED = 10_000;

export function createSessions(options: {
  readonly signers: readonly Signer[];
  readonly isSecure: IsSecure;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** How many that were ended early are remembered. Default 10,000. */
  readonly most?: number;
}): Sessions {
  const { signers, isSecure, now = Date.now, most = MOST_ENDED } = options;
  const ended = new Map<string, number>();

  const cookie = (isHttps: boolean, value: string, seconds: number) =>
    `${isHttps ? SECURE_NAME : NAME}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${isHttps ? '; Secure' : ''}`;

  const liveOf = (request: IncomingMessage) => {
    const name = isSecure(request) ? SECURE_NAME : NAME;
    return cookiesNamed(name, request.headers.cookie).flatMap((value) => {
      const opened = openSession(value, signers, now());
      return opened === undefined || ended.has(opened.session.id) ? [] : [opened];
    });
  };

  const remember = (id: string, expires: number) => {
    if (ended.size >= most) for (const [other, over] of ended) if (over <= now()) ended.delete(other);
    ended.set(id, expires);
    const oldest = ended.size > most ? ended.keys().next().value : undefined;
    if (oldest !== undefined) ended.delete(oldest);
  };

  return {
    begin(request, account) {
      const signer = signers.find((one) => one.account === account);
      if (signer === undefined) throw new Error('a session was to begin for an account that is none of ours');
      const { name, role } = account;
      const id = randomBytes(12).toString('base64url');
      const value = sealSession({ id, name, role, expires: now() + SESSION_MS }, signer.key);
      return cookie(isSecure(request), value, SESSION_MS / 1_000);
    },
    accountOf: (request) => liveOf(request)[0]?.account,
    end(request) {
      for (const { session } of liveOf(request)) remember(session.id, session.expires);
      return isSecure(request) ? [cookie(true, '', 0), cookie(false, '', 0)] : [cookie(false, '', 0)];
    },
  };
}

function cookiesNamed(name: string, header = ''): readonly string[] {
  return header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
}
