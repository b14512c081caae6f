import type { ComponentChildren } from 'preact';

/** A part of a page with a title of its own. @param live its id, when it is to stay up to date by itself */
export function Panel({
  title,
  aside,
  live,
  flush = false,
  children,
}: {
  readonly title?: string;
  readonly aside?: ComponentChildren;
  readonly live?: string;
  /** For a table or list, which brings its own distances. */
  readonly flush?: boolean;
  readonly children: ComponentChildren;
}) {
  return (
    <section class="panel" id={live} data-live={live === undefined ? undefined : ''}>
      {title === undefined ? null : (
        <header>
          <h2>{title}</h2>
          {aside === undefined ? null : <div class="small muted">{aside}</div>}
        </header>
      )}
      <div class={flush ? 'scroll' : 'body'}>{children}</div>
    </section>
  );
}
