import type { RedisTarget } from '@hookline/core';

/** Where a Redis is, without user and password. */
export function shownAddress(target: RedisTarget): string {
  switch (target.kind) {
    case 'url':
      return URL.canParse(target.url) ? new URL(target.url).host : 'the URL given';
    case 'cluster':
      return target.nodes.map(({ host, port }) => `${host}:${port}`).join(', ');
    case 'sentinel':
      return `${target.name} of ${target.sentinels.map(({ host, port }) => `${host}:${port}`).join(', ')}`;
  }
}
