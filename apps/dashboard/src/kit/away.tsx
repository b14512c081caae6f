import type { SystemState } from '@hookline/redis';
import { Notice, Time } from './words.tsx';

/** Says that Redis is away, and of when what is shown is. */
export function Away({
  problem,
  state,
}: {
  readonly problem: string | undefined;
  readonly state: SystemState | undefined;
}) {
  if (problem === undefined) return null;
  return (
    <Notice tone="bad">
      <p>
        Redis does not answer ({problem}). Receivers put verified events on their own disks where SPOOL is on,
        and answer 503 where it is off or full; workers wait. How much is spooled now is at each receiver's
        own /metrics.
      </p>
      <p>
        {state === undefined ? (
          'Nothing is known from before.'
        ) : (
          <>
            What follows is how it was at <Time at={state.at} />.
          </>
        )}
      </p>
    </Notice>
  );
}
