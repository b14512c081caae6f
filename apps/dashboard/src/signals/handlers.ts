import type { HandlerBrake, HandlerPause } from '@hookline/redis';
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

/** What they depend on is down: one for each, until it is back and its brake is off. */
export function brakeSignals(braked: ReadonlyMap<string, HandlerBrake>): readonly Signal[] {
  return [...braked].map(([name, { title, held }]) => ({
    kind: 'brake',
    key: `brake:${name}`,
    title: `The handler ${name} is braked: ${title}`,
    says: [
      'The handler ',
      name,
      ` is braked, with ${countOf(held, 'delivery', 'deliveries')} waiting, because what it depends on fails: ${title}`,
    ],
    path: '/admin/handlers',
  }));
}
