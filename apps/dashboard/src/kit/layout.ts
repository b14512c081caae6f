import { html, type Html } from './html.ts';
import { LOGO } from './logo.ts';
import { STYLE } from './style.ts';

export interface Link {
  readonly title: string;
  readonly path: string;
}

/**
 * A whole page.
 * @param refresh seconds after which the browser asks again; never unless given
 * @param links the other pages
 */
export function layout(
  {
    title,
    refresh,
    links,
  }: { readonly title: string; readonly refresh?: number; readonly links: readonly Link[] },
  content: Html,
): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        ${refresh === undefined ? '' : html`<meta http-equiv="refresh" content="${refresh}" />`}
        <title>${title} · Hookline</title>
        <link rel="icon" href="${LOGO}" />
        ${STYLE}
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          ${links.map((link) => html`<a href="${link.path}">${link.title}</a> `)}
        </header>
        <main>${content}</main>
      </body>
    </html>`.text;
}
