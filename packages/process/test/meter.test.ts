import { describe, expect, it } from '@jest/globals';
import { createMeter } from '../src/meter.ts';

/** The value of a line, by its name and labels as they are written; nothing when it is not there. */
function valueOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

const never = () => new Promise<number>(() => undefined);

describe('the numbers of a process', () => {
  it('are told in Prometheus’s format, under the name of the service, with those of Node', async () => {
    const { meter, text } = createMeter('receiver');
    const count = meter.counter({ name: 'hookline_tries_total', help: 'Tries.', labels: ['outcome'] });
    count({ outcome: 'good' });
    count({ outcome: 'good' }, 2);
    meter.histogram({ name: 'hookline_try_seconds', help: 'Time.', buckets: [0.1, 1] })(0.5);
    meter.gauge({ name: 'hookline_room', help: 'Room.' }, () => 7);
    meter.gauge({ name: 'hookline_age', help: 'Of nothing.' }, () => []);
    meter.gauge({ name: 'hookline_depth', help: 'Depth.', labels: ['queue'] }, async () => [
      { value: 3, labels: { queue: 'a"b' } },
    ]);
    const page = await text();
    expect(page).toContain('# HELP hookline_tries_total Tries.\n# TYPE hookline_tries_total counter\n');
    expect(valueOf(page, 'hookline_tries_total{outcome="good",service="receiver"}')).toBe(3);
    expect(valueOf(page, 'hookline_try_seconds_bucket{le="0.1",service="receiver"}')).toBe(0);
    expect(valueOf(page, 'hookline_try_seconds_bucket{le="1",service="receiver"}')).toBe(1);
    expect(valueOf(page, 'hookline_room{service="receiver"}')).toBe(7);
    expect(page).not.toMatch(/^hookline_age/m);
    expect(valueOf(page, String.raw`hookline_depth{queue="a\"b",service="receiver"}`)).toBe(3);
    expect(valueOf(page, 'process_start_time_seconds{service="receiver"}')).toBeGreaterThan(0);
  });

  it('of two processes are apart', async () => {
    const [one, other] = [createMeter('one'), createMeter('other')];
    one.meter.counter({ name: 'hookline_tries_total', help: 'Tries.' })();
    expect(await other.text()).not.toContain('hookline_tries_total');
  });

  it('may be declared twice in the same shape, and in no other', async () => {
    const { meter, text } = createMeter('worker');
    for (const count of [1, 2])
      meter.counter({ name: 'hookline_tries_total', help: 'Tries.', labels: ['a', 'b'] })({
        a: 'x',
        b: count,
      });
    meter.counter({ name: 'hookline_tries_total', help: 'Tries.', labels: ['b', 'a'] })({ a: 'x', b: 1 });
    meter.histogram({ name: 'hookline_try_seconds', help: 'Time.', buckets: [1] });
    meter.histogram({ name: 'hookline_try_seconds', help: 'Time.', buckets: [1] })(2);
    meter.gauge({ name: 'hookline_room', help: 'Room.' }, () => 1);
    meter.gauge({ name: 'hookline_room', help: 'Room.' }, () => 2);
    const page = await text();
    expect(valueOf(page, 'hookline_tries_total{a="x",b="1",service="worker"}')).toBe(2);
    expect(valueOf(page, 'hookline_try_seconds_count{service="worker"}')).toBe(1);
    expect(valueOf(page, 'hookline_room{service="worker"}')).toBe(2);
    expect(() => meter.counter({ name: 'hookline_tries_total', help: 'Tries.', labels: ['a'] })).toThrow(
      'hookline_tries_total is declared twice',
    );
    expect(() => meter.histogram({ name: 'hookline_try_seconds', help: 'Time.', buckets: [2] })).toThrow(
      'declared twice',
    );
    expect(() =>
      meter.gauge({ name: 'hookline_tries_total', help: 'Tries.', labels: ['a', 'b'] }, () => 1),
    ).toThrow('declared twice');
  });

  it('leave out gauges that fail or hang, and count them', async () => {
    const { meter, text, values } = createMeter('worker');
    let reads = 0;
    meter.gauge({ name: 'hookline_good', help: 'Good.' }, () => 1);
    meter.gauge({ name: 'hookline_thrown', help: 'Bad.' }, () => {
      throw new Error('no');
    });
    meter.gauge({ name: 'hookline_rejected', help: 'Bad.' }, () => Promise.reject(new Error('no')));
    meter.gauge({ name: 'hookline_hung', help: 'Bad.' }, () => {
      reads += 1;
      return never();
    });
    const page = await text();
    expect(valueOf(page, 'hookline_good{service="worker"}')).toBe(1);
    for (const name of ['hookline_thrown', 'hookline_rejected', 'hookline_hung']) {
      expect(page).not.toMatch(new RegExp(`^${name}`, 'm'));
      expect(valueOf(page, `hookline_metric_failures_total{metric="${name}",service="worker"}`)).toBe(1);
    }
    await text();
    expect(reads).toBe(1);
    expect(await values(['hookline_good', 'hookline_hung', 'hookline_unknown'])).toEqual({
      hookline_good: 1,
    });
  });

  it('come back once they can be read again, and show only what the last reading had', async () => {
    const { meter, text } = createMeter('dashboard');
    let queues: string[] | undefined;
    const read = () => {
      if (queues === undefined) throw new Error('Redis is away');
      return queues.map((queue) => ({ value: 1, labels: { queue } }));
    };
    meter.gauge({ name: 'hookline_depth', help: 'Depth.', labels: ['queue'] }, read);
    expect(await text()).not.toContain('hookline_depth{');
    queues = ['a', 'b'];
    expect(await text()).toContain('hookline_depth{queue="a",service="dashboard"} 1');
    queues = ['b'];
    const page = await text();
    expect(page).toContain('queue="b"');
    expect(page).not.toContain('queue="a"');
  });

  it('have a bounded number of label sets, the rest of which are one', async () => {
    const { meter, text } = createMeter('receiver');
    const count = meter.counter({ name: 'hookline_tries_total', help: 'Tries.', labels: ['who'] });
    for (let who = 0; who < 1_500; who += 1) count({ who });
    count({ who: 3 });
    const depths = Array.from({ length: 1_200 }, (_, queue) => ({ value: 2, labels: { queue } }));
    meter.gauge({ name: 'hookline_depth', help: 'Depth.', labels: ['queue'] }, () => depths);
    const page = await text();
    expect(page.match(/^hookline_tries_total\{/gm)).toHaveLength(1_001);
    expect(valueOf(page, 'hookline_tries_total{who="other",service="receiver"}')).toBe(500);
    expect(valueOf(page, 'hookline_tries_total{who="3",service="receiver"}')).toBe(2);
    expect(page.match(/^hookline_depth\{/gm)).toHaveLength(1_001);
    expect(valueOf(page, 'hookline_depth{queue="other",service="receiver"}')).toBe(400);
  });

  it('never throw at whoever reports them', async () => {
    const { meter, text } = createMeter('receiver');
    const count = meter.counter({ name: 'hookline_tries_total', help: 'Tries.', labels: ['who'] });
    count({ nobody: 'declared this' });
    count({ who: 'me' }, -1);
    meter.histogram({ name: 'hookline_try_seconds', help: 'Time.', buckets: [1] })(Number.NaN);
    const page = await text();
    expect(
      valueOf(page, 'hookline_metric_failures_total{metric="hookline_tries_total",service="receiver"}'),
    ).toBe(2);
  });
});
