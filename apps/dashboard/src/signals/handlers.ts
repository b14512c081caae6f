import type { HandlerPause } from '@hookline/redis';
import { countOf } from '../kit/amounts.ts';
import type { Signal } from './signal.ts';

/** Somebody has paused them: only shown, for who did knows. */
export function handlerSignals(paused: ReadonlyMap<string, HandlerPause>): readonly Signal[] {
  return [...paused].map(([name, { by, held }]) => ({
    kind: 'notice',
    key: `notice:handler-paused/${name}`,
    title: `The handler ${name} is paused`,
    says: [
      'The handler ',
      name,
      ` is paused by ${by}, with ${countOf(held, 'delivery', 'deliveries')} waiting.`,
    ],
    path: '/admin/handlers',
  }));
}
