import type { SystemState } from '@hookline/redis';
import { Heading } from './heading.tsx';
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

/** Stands in for a page whose data cannot be had. */
export function cannotBeShown(title: string) {
  return (
    <>
      <Heading title={title} />
      <Notice tone="bad">
        <p>
          This cannot be shown now: Redis or the history does not answer. Nothing is lost by that; the
          dashboard's log says what is wrong, and <a href="/admin/system">the system page</a> what was known
          last.
        </p>
      </Notice>
    </>
  );
}
