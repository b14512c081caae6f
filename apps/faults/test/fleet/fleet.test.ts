import { eventually } from '@hookline/rig';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Member } from '../../src/fleet/member.ts';
import { newId, openProduct, send, type Product } from '../product.ts';
import { isRunning, timeOf } from '../support.ts';

const HOUR = 3_600_000;

describe('a fleet', () => {
  let product: Product;
  let receiver: Member;
  let worker: Member;
  beforeAll(async () => {
    product = openProduct();
    [receiver, worker] = await Promise.all([
      product.fleet.add('receiver'),
      product.fleet.add('worker', { faults: { clock: [{ afterMs: 0, offsetMs: HOUR }] } }),
    ]);
  });
  afterAll(() => product.close());

  /** When the handler ran, by the worker's clock. */
  async function clockAt(id: string): Promise<number> {
    let line: string | undefined;
    await eventually(
      () => (line = product.effects().find((text) => text.startsWith(`stripe.${id} `))) !== undefined,
    );
    return Number(line?.split(' ')[1]);
  }

  it('is the real product, at the time that each is told it is', async () => {
    const id = newId();
    expect(await send(receiver, id)).toEqual({ status: 200, duplicate: false });
    expect(Math.abs((await clockAt(id)) - Date.now() - HOUR)).toBeLessThan(HOUR / 2);

    worker.shiftClock(-3 * HOUR);
    await eventually(async () => {
      const next = newId();
      await send(receiver, next);
      return Math.abs((await clockAt(next)) - Date.now() + 2 * HOUR) < HOUR / 2;
    });
  });

  it('blocks and freezes a process, and notes when', async () => {
    receiver.block(800);
    await eventually(async () => (await timeOf(() => send(receiver, newId()))) > 300);
    receiver.freeze();
    const answer = send(receiver, newId());
    const first = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 100, 'frozen'))]);
    expect(first).toBe('frozen');
    receiver.thaw();
    expect(await answer).toMatchObject({ status: 200 });
    const [blocked, frozen] = product.fleet.lives.find(({ pid }) => pid === receiver.pid)?.pauses ?? [];
    expect(blocked).toMatchObject({ kind: 'blocked' });
    expect(Number(blocked?.to) - Number(blocked?.from)).toBe(800);
    expect(frozen).toMatchObject({ kind: 'frozen', to: expect.any(Number) });
  });

  it('takes back what died by itself, at the same address, and leaves dead what was killed', async () => {
    const { pid, urls } = receiver;
    process.kill(pid, 'SIGKILL');
    await eventually(() => receiver.pid !== pid);
    await receiver.ready();
    expect(receiver.urls['receiver']).toBe(urls['receiver']);
    expect(await send(receiver, newId())).toMatchObject({ status: 200 });

    const again = receiver.pid;
    await receiver.kill();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(receiver.alive).toBe(false);
    await receiver.restart();
    expect(await send(receiver, newId())).toMatchObject({ status: 200 });
    expect(
      product.fleet.lives
        .filter(({ role }) => role === 'receiver')
        .map(({ pid: one, asked, signal }) => [one, asked, signal]),
    ).toEqual([
      [pid, undefined, 'SIGKILL'],
      [again, 'SIGKILL', 'SIGKILL'],
      [receiver.pid, undefined, undefined],
    ]);
  });

  it('says why a process does not start', async () => {
    await expect(product.fleet.add('worker', { env: { HANDLER_TIMEOUT: 'soon' } })).rejects.toThrow(
      /ended with 1 before it was ready:[^]*HANDLER_TIMEOUT/,
    );
    await expect(product.fleet.add('worker', { faults: { mutation: 'nothing' } })).rejects.toThrow(
      /ended with 97 [^]*no mutation is named 'nothing'/,
    );
  });

  it('stops in order, and leaves nobody behind', async () => {
    worker.freeze();
    await product.fleet.stop();
    expect(product.fleet.lives.filter(({ asked }) => asked === 'SIGTERM').map(({ code }) => code)).toEqual([
      0, 0,
    ]);
    expect(product.fleet.lives.map(({ pid }) => isRunning(pid))).not.toContain(true);
  });
});
