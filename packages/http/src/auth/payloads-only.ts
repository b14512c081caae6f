import { sendProblem, type Middleware, type Problem } from '../wire/problem.ts';
import { identityOf } from './identity.ts';
import { opensPage } from './let-in.ts';
import { escaped, sendPlainPage } from './plain-page.ts';

/**
 * Keeps what shows payloads, and cannot leave them out, from those who may not see them. All of it is kept from them:
 * to tell which of its addresses show one would be a guess that its next version makes wrong.
 * @param elsewhere what they may see instead
 */
export function payloadsOnly(
  use: Middleware,
  elsewhere: readonly { readonly title: string; readonly path: string }[],
): Middleware {
  const links = elsewhere.map(
    ({ title, path }) => `<li><a href="${escaped(path)}">${escaped(title)}</a></li>`,
  );
  const main = `<p>${PAYLOADS_HIDDEN.detail}</p>
      <ul>${links.join('')}</ul>`;

  return (request, response, next) => {
    if (identityOf(request).seesPayloads) return use(request, response, next);
    if (!opensPage(request)) return sendProblem(response, PAYLOADS_HIDDEN);
    sendPlainPage(response, { status: PAYLOADS_HIDDEN.status, title: PAYLOADS_HIDDEN.title, main });
  };
}

const PAYLOADS_HIDDEN = {
  status: 403,
  error: 'payloads_hidden',
  title: 'Your account may not see payloads',
  detail:
    'This shows the data of jobs, which viewers do not see here. The operator may allow it with DASHBOARD_VIEWERS_SEE_PAYLOADS.',
} as const satisfies Problem;
