export interface ChartSeries {
  readonly label: string;
  /** A colour of the style sheet. */
  readonly tone: 'accent' | 'good' | 'bad' | 'warn' | 'busy' | 'muted';
  readonly values: readonly (number | undefined)[];
}

/** A chart over time, drawn by the page's script; without it a sentence stands there. @param at milliseconds since the epoch */
export function Chart({
  at,
  series,
  unit = '',
}: {
  readonly at: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly unit?: string;
}) {
  const data = {
    at: at.map((each) => each / 1_000),
    series: series.map((each) => ({ ...each, values: each.values.map((value) => value ?? null) })),
    unit,
  };
  return (
    <div class="chart" data-chart={JSON.stringify(data)}>
      <span class="muted">{`${series.map(({ label }) => label).join(', ')} over time`}</span>
    </div>
  );
}

const [WIDTH, HEIGHT] = [120, 26];

/** A few numbers as bars beside each other, with their sum for who does not see them. */
export function Sparkline({ values, says }: { readonly values: readonly number[]; readonly says: string }) {
  const most = Math.max(1, ...values);
  const step = WIDTH / Math.max(1, values.length);
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={says}>
      <title>{says}</title>
      {values.map((value, index) => {
        const height = value === 0 ? 1 : Math.max(2, (value / most) * HEIGHT);
        return <rect x={index * step} y={HEIGHT - height} width={Math.max(1, step - 1)} height={height} />;
      })}
    </svg>
  );
}
