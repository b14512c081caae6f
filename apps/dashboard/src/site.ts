import type { Logger } from '@hookline/core';
import { API_PATH, ASSETS_PATH, type Mount } from '@hookline/http';
import { createAssets } from './kit/assets.ts';
import type { Link } from './kit/document.tsx';
import { serveApi } from './site/api.ts';
import { documentSender } from './site/document.ts';
import type { Asked } from './site/match.ts';
import { navigation, servePages } from './site/pages.ts';

export interface SiteOptions extends Asked {
  /** What stands in the navigation besides the pages. */
  readonly links: readonly Link[];
  readonly log: Logger;
}

/** Every page and API route, each at its address. */
export function createPages(options: SiteOptions): readonly Mount[] {
  const sendDocument = documentSender(navigation(options.links));
  return [
    { path: ASSETS_PATH, use: createAssets() },
    { path: API_PATH, use: serveApi({ ...options, sendDocument }) },
    { use: servePages({ ...options, sendDocument }) },
  ];
}
