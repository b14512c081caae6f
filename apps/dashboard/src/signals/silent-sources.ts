import { spanOf } from '../kit/amounts.ts';
import type { SourceView } from '@hookline/operations';
import type { Signal } from './signal.ts';

/** One for each source that is silent for clearly longer than it usually is. */
export function silentSourceSignals(
  sources: readonly Pick<SourceView, 'source' | 'silentSince' | 'usualGap'>[],
  now: number,
): readonly Signal[] {
  return sources.flatMap(({ source, silentSince, usualGap = 0 }) =>
    silentSince === undefined
      ? []
      : [
          {
            kind: 'silent-source',
            key: `silent-source:${source}`,
            title: `${source} is silent`,
            says: [
              'The source ',
              source,
              ` has been silent for ${spanOf(now - silentSince)}; usually it is not for longer than ${spanOf(usualGap)}.`,
            ],
            path: '/admin/sources',
          },
        ],
  );
}
