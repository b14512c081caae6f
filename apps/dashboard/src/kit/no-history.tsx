import { Empty } from './words.tsx';

/** Stands in for what only the history knows. */
export function NoHistory() {
  return (
    <Empty title="There is no history">
      <p>
        HISTORY_URL is off, or what it names cannot be reached now. With one, what happened can be found for
        as long as HISTORY_RETENTION says.
      </p>
    </Empty>
  );
}
