import type { Html } from './kit/html.ts';
import type { SystemView } from './system-view.ts';

/** What pages and API routes show. */
export interface Shown {
  readonly system: SystemView;
}

/** A page of the dashboard: a file in `pages/`, for its default export. */
export interface Page<Data> {
  readonly path: string;
  readonly title: string;
  /** Seconds after which the browser asks again; never unless given. */
  readonly refresh?: number;
  load(shown: Shown): Promise<Data>;
  /** What stands below the page's title. */
  render(data: Data): Html;
}

/** A page whose data is its own business. */
export type AnyPage = Omit<Page<never>, 'load' | 'render'> & {
  content(shown: Shown): Promise<Html>;
};

export function definePage<Data>({ load, render, ...page }: Page<Data>): AnyPage {
  return { ...page, content: async (shown) => render(await load(shown)) };
}

/** A route of the operators' API, below `/admin/api`: a file in `api/`, for its default export. */
export interface ApiRoute {
  readonly path: string;
  /** @returns what is sent as JSON */
  read(shown: Shown): Promise<unknown>;
}
