import type { Issue } from '@hookline/core';
import { countOf } from '../kit/amounts.ts';
import type { Signal } from './signal.ts';

/** One for each issue that is open: new, or back after it was resolved. */
export function issueSignals(open: readonly Issue[]): readonly Signal[] {
  return open.map(({ fingerprint, handler, error, title, count }) => {
    const subject = `${error.name}: ${title}`;
    return {
      kind: 'issue',
      key: `issue:${fingerprint}`,
      title: `${handler} fails: ${subject}`,
      says: [`${countOf(count, 'dead letter')} of ${handler}: `, subject, ''],
      path: `/admin/issues/${fingerprint}`,
    };
  });
}
