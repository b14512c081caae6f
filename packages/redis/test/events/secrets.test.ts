import { afterAll, describe, expect, it } from '@jest/globals';
import { openBench } from '../support.ts';

const bench = openBench();
afterAll(() => bench.close());

describe('secrets that providers bring', () => {
  it('are kept for every receiver, sixteen for a source, the newest first', async () => {
    const [one, other] = [await bench.store(), await bench.store()];
    expect(await other.secrets.read('asana')).toEqual([]);
    for (let n = 1; n <= 17; n += 1) await one.secrets.keep('asana', `s${n}`);
    await one.secrets.keep('asana', 's5');
    const kept = await other.secrets.read('asana');
    expect(kept).toHaveLength(16);
    expect(kept.slice(0, 3)).toEqual(['s5', 's17', 's16']);
    expect(kept).not.toContain('s1');
    expect(await other.secrets.read('asana-eu')).toEqual([]);
  });
});
