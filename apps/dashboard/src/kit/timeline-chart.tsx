import type { TimelineEntry } from '@hookline/operations';
import { spanText } from './amounts.ts';

interface Bar {
  readonly label: string;
  readonly from: number;
  readonly until: number;
  readonly tone: 'good' | 'bad' | 'warn' | 'busy' | 'idle';
  readonly says: string;
}

const WIDTH = 900;
const NAMES = 170;
const ROW = 22;
const MOST_ROWS = 40;
const OUTCOME_TONES = { succeeded: 'good', retried: 'warn', dead: 'bad' } as const;

/** What happened, as bars over time: a row for the way to the first handler, and one for each attempt. */
export function TimelineChart({
  timeline,
  now,
}: {
  readonly timeline: readonly TimelineEntry[];
  readonly now: number;
}) {
  const bars = barsOf(timeline, now).slice(0, MOST_ROWS);
  const from = Math.min(...bars.map((bar) => bar.from));
  const until = Math.max(from + 1, ...bars.map((bar) => bar.until));
  const place = (at: number) => NAMES + ((at - from) / (until - from)) * (WIDTH - NAMES - 70);
  const height = bars.length * ROW + 22;
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) => from + (until - from) * share);
  return (
    <div class="timeline">
      <svg viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label="What happened when">
        {marks.map((at) => (
          <>
            <line x1={place(at)} x2={place(at)} y1={0} y2={height - 18} />
            <text x={place(at)} y={height - 5} text-anchor="middle">
              {`+${spanText(at - from)}`}
            </text>
          </>
        ))}
        {bars.map((bar, row) => (
          <g>
            <title>{bar.says}</title>
            <text x={NAMES - 8} y={row * ROW + 15} text-anchor="end">
              {bar.label.length > 26 ? `${bar.label.slice(0, 25)}…` : bar.label}
            </text>
            <rect
              class={`bar ${bar.tone}`}
              x={place(bar.from)}
              y={row * ROW + 4}
              width={Math.max(3, place(bar.until) - place(bar.from))}
              height={ROW - 8}
              rx={3}
            />
            <text x={place(bar.until) + 7} y={row * ROW + 15}>
              {spanText(bar.until - bar.from)}
            </text>
          </g>
        ))}
      </svg>
    </div>
  );
}

function barsOf(timeline: readonly TimelineEntry[], now: number): readonly Bar[] {
  const at = (kind: TimelineEntry['kind']) => timeline.find((entry) => entry.kind === kind)?.at;
  const [received, recorded] = [at('received') ?? now, at('recorded') ?? now];
  return [
    {
      label: 'verify and record',
      from: received,
      until: recorded,
      tone: 'busy',
      says: 'From its arrival to its record in Redis',
    },
    ...timeline.flatMap((entry): readonly Bar[] => {
      switch (entry.kind) {
        case 'waiting':
          return [
            {
              label: 'waiting',
              from: entry.at,
              until: entry.until ?? now,
              tone: 'idle',
              says: 'Until a handler began',
            },
          ];
        case 'attempt':
          return [
            {
              label: `${entry.handler} ${entry.attempt}`,
              from: entry.at,
              until: entry.until,
              tone: OUTCOME_TONES[entry.outcome],
              says: `Attempt ${entry.attempt} of ${entry.handler} on ${entry.worker}: ${entry.outcome}`,
            },
          ];
        case 'open':
          return entry.waitsFor.kind === 'due'
            ? [
                {
                  label: `${entry.handler}: next`,
                  from: now,
                  until: Math.max(now, entry.at),
                  tone: 'idle',
                  says: 'Until its next attempt',
                },
              ]
            : [];
        default:
          return [];
      }
    }),
  ];
}
