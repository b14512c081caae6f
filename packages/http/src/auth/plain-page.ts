import type { ServerResponse } from 'node:http';
import { sendAnswer } from '../wire/answer.ts';

/** What is served without a login: nothing in it is anybody's. */
export const ASSETS_PATH = '/admin/assets';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/**
 * Sends a page that stands alone: without the dashboard's navigation, which is for those that are logged in.
 * @param page `main` and `head` are HTML
 */
export function sendPlainPage(
  response: ServerResponse,
  page: {
    readonly status: number;
    readonly title: string;
    readonly main: string;
    readonly head?: string;
    readonly headers?: Readonly<Record<string, string>>;
  },
): void {
  const { status, title, main, head = '', headers } = page;
  sendAnswer(response, {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body: `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${escaped(title)} · Hookline</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="${ASSETS_PATH}/style.css" />
    ${head}
  </head>
  <body class="plain">
    <main>
      <h1>${escaped(title)}</h1>
      ${main}
    </main>
  </body>
</html>
`,
  });
}
