import { explain, milliseconds, type Duration } from '@hookline/core';
import { z } from 'zod';

/** A duration as a definition has it. */
export const writtenDuration = z.custom<Duration>((value) => value !== undefined, 'is missing');
/** Milliseconds of one. */
export const duration = writtenDuration.transform((value, ctx) => orIssue(ctx, () => milliseconds(value)));

/** What `make` returns; what it throws is an issue of the definition. */
export function orIssue<T>(ctx: z.RefinementCtx, make: () => T, what?: string): T {
  try {
    return make();
  } catch (error) {
    const message = explain(error);
    ctx.addIssue({ code: 'custom', message: what === undefined ? message : `${what}: ${message}` });
    return z.NEVER;
  }
}
