/** Draws the charts of a page; what they show stands in the page as JSON. */
interface Plot {
  new (options: object, data: readonly (readonly (number | null)[])[]): { readonly root: Element };
}

/** What a page says of a chart. */
interface ChartData {
  /** Seconds since the epoch. */
  readonly at: readonly number[];
  readonly series: readonly {
    readonly label: string;
    readonly tone: string;
    readonly values: readonly (number | null)[];
  }[];
  readonly unit: string;
}

const HEIGHT = 180;

export function drawCharts(root: ParentNode): void {
  const charts = root.querySelectorAll<HTMLElement>('[data-chart]');
  if (charts.length === 0) return;
  void load().then((Plot) => {
    for (const chart of charts) draw(Plot, chart);
  });
}

let loading: Promise<Plot> | undefined;

function load(): Promise<Plot> {
  const address: string = '/admin/assets/uplot.js';
  loading ??= import(address).then((module: { readonly default: Plot }) => module.default);
  return loading;
}

function draw(Plot: Plot, chart: HTMLElement): void {
  const { at, series, unit } = JSON.parse(chart.dataset['chart'] ?? '{}') as ChartData;
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: colour('muted'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
  };
  const value = (_: unknown, shown: number | null) =>
    shown === null ? '–' : `${shown.toLocaleString()} ${unit}`.trim();
  const { root } = new Plot(
    {
      width: chart.clientWidth || 600,
      height: HEIGHT,
      cursor: { y: false },
      axes: [axis, { ...axis, size: 56 }],
      scales: { y: { range: (_: unknown, _low: number, high: number) => [0, Math.max(1, high * 1.1)] } },
      series: [
        {},
        ...series.map(({ label, tone }) => ({
          label,
          stroke: colour(tone),
          fill: `color-mix(in srgb, ${colour(tone)} 12%, transparent)`,
          width: 1.5,
          points: { show: false },
          value,
        })),
      ],
    },
    [at, ...series.map(({ values }) => values)],
  );
  chart.replaceChildren(root);
}
