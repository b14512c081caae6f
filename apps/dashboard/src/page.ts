import type { ComponentChildren } from 'preact';
import type { Ask } from './desk.ts';

/** A page of the dashboard: a file in `pages/`, for its default export. */
export interface Page<Data> {
  /** With `:name` for what changes, as in `/admin/events/:id`. */
  readonly path: string;
  readonly title: string;
  /** Where it stands in the navigation: the group, and its place there; nowhere unless given. */
  readonly place?: readonly [group: number, position: number];
  /** @returns `undefined` when there is no such thing */
  load(ask: Ask): Promise<Data | undefined>;
  /** The title of what was loaded, for the browser's tab. */
  titleOf?(data: Data): string;
  render(data: Data, ask: Ask): ComponentChildren;
}

/** A page whose data is its own business. */
export interface AnyPage extends Pick<Page<never>, 'path' | 'title' | 'place'> {
  content(ask: Ask): Promise<{ readonly title: string; readonly content: ComponentChildren } | undefined>;
}

export function definePage<Data>({ load, render, titleOf, path, title, place }: Page<Data>): AnyPage {
  return {
    path,
    title,
    ...(place === undefined ? {} : { place }),
    async content(ask) {
      const data = await load(ask);
      if (data === undefined) return undefined;
      return { title: titleOf?.(data) ?? title, content: render(data, ask) };
    },
  };
}
