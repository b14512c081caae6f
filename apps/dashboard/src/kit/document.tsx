import type { ComponentChildren } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { ASSETS_PATH, LOGOUT_PATH } from '@hookline/http';
import { LOGO } from './logo.ts';

export interface Link {
  readonly title: string;
  readonly path: string;
}

export interface DocumentOptions {
  readonly title: string;
  /** The entry of the navigation that the page belongs to. */
  readonly path: string;
  /** Groups of pages. */
  readonly links: readonly (readonly Link[])[];
  /** Who looks. */
  readonly viewer: string;
}

/** A whole page. Every value in `content` is escaped; none of it may carry style or script of its own. */
export function renderDocument(options: DocumentOptions, content: ComponentChildren): string {
  const { title, path, links, viewer } = options;
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`${title} · Hookline`}</title>
        <link rel="icon" href={LOGO} />
        <link rel="stylesheet" href={`${ASSETS_PATH}/uplot.css`} />
        <link rel="stylesheet" href={`${ASSETS_PATH}/style.css`} />
        <script type="module" src={`${ASSETS_PATH}/live.js`} />
      </head>
      <body>
        <a class="skip" href="#content">
          Skip to the content
        </a>
        <div class="side">
          <a class="brand" href="/admin/overview">
            <img src={LOGO} alt="" /> Hookline
          </a>
          <nav aria-label="Pages">
            <div>
              {links.map((group) => (
                <ul>
                  {group.map((link) => (
                    <li>
                      <a href={link.path} aria-current={link.path === path ? 'page' : undefined}>
                        {link.title}
                      </a>
                    </li>
                  ))}
                </ul>
              ))}
            </div>
          </nav>
          <form class="who" method="post" action={LOGOUT_PATH}>
            <span>{viewer}</span> <button type="submit">Log out</button>
          </form>
        </div>
        <main id="content">{content}</main>
      </body>
    </html>
  );
  return `<!doctype html>${visible(renderToString(page))}`;
}

/** Control characters and marks of direction, which strangers write, in a form that can be seen and does nothing. */
function visible(text: string): string {
  return text.replaceAll(
    // eslint-disable-next-line no-control-regex -- these are what it is about
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
