import type { ServerResponse } from 'node:http';
import { escaped, sendPlainPage } from './plain-page.ts';

export const LOGIN_PATH = '/admin/login';
export const LOGOUT_PATH = '/admin/logout';

/** The login that leads on to a path. */
export function loginAddress(next: string): string {
  return `${LOGIN_PATH}?next=${encodeURIComponent(next)}`;
}

/** What the form says of the last try, and what of the one before it. */
export type LoginNotice =
  | { readonly kind: 'none' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'too-many'; readonly retryAfterSeconds: number };

/**
 * Sends the login form. What was typed is never shown again: people type a password where the user belongs.
 * @param asksAgain whether the browser is to open the page once more by itself
 */
export function sendLoginPage(
  response: ServerResponse,
  { next, notice, asksAgain = false }: { next: string; notice: LoginNotice; asksAgain?: boolean },
): void {
  const { status, says, headers } = presented(notice);
  const alert = says === undefined ? '' : `<p role="alert" id="notice">${says}</p>`;
  const described = says === undefined ? '' : ' aria-describedby="notice" aria-invalid="true"';
  const head = asksAgain
    ? `<meta http-equiv="refresh" content="0; url=${escaped(loginAddress(next))}" />`
    : '';
  sendPlainPage(response, {
    status,
    headers,
    title: 'Log in',
    head,
    main: `${alert}
      <form method="post" action="${LOGIN_PATH}">
        <input type="hidden" name="next" value="${escaped(next)}" />
        <p>
          <label for="user">User</label>
          <input id="user" name="user" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus${described} />
        </p>
        <p>
          <label for="password">Password</label>
          <input id="password" name="password" type="password" autocomplete="current-password" required${described} />
        </p>
        <p><button type="submit">Log in</button></p>
      </form>`,
  });
}

/** Not 401: a browser answers its challenge with a box of its own, over the form. */
function presented(notice: LoginNotice): {
  readonly status: number;
  readonly says?: string;
  readonly headers: Readonly<Record<string, string>>;
} {
  switch (notice.kind) {
    case 'none':
      return { status: 200, headers: {} };
    case 'wrong':
      return { status: 403, says: 'The user or the password is wrong.', headers: {} };
    case 'too-many':
      return {
        status: 429,
        says: 'The user or the password is wrong, and too many logins have failed. The right ones are still taken, but slowly.',
        headers: { 'retry-after': String(notice.retryAfterSeconds) },
      };
  }
}
