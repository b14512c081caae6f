import { describe, expect, it } from '@jest/globals';
import { accountsOf } from '../../src/auth/accounts.ts';
import { createFailedLogins } from '../../src/auth/failed-logins.ts';
import { createLogins } from '../../src/auth/logins.ts';
import { rememberingLog, silentLog } from '../silent-log.ts';

const operator = { user: 'operator', password: 'correct horse battery' };
const ada = { user: 'ada', password: 'staple battery horse' };
const SLOW_MS = 60;

function start(limits: { failures?: number; accountFailures?: number; now?: () => number } = {}) {
  const log = rememberingLog();
  const failed = createFailedLogins({ log, ...limits });
  const logins = createLogins(accountsOf(operator, { viewers: [ada] }), { failed, slowMs: SLOW_MS });
  return {
    log,
    async try(peer: string, login: { user: string; password: string }) {
      const began = performance.now();
      const result = await logins.try(peer, login);
      return {
        came: result.kind === 'right' ? result.account.role : result.kind,
        isSlow: performance.now() - began >= SLOW_MS - 5,
      };
    },
  };
}

const guess = (user: string) => ({ user, password: 'a guess' });

describe('createLogins', () => {
  it('knows the operator and the viewers by name and password, not by either', async () => {
    const site = start();
    expect((await site.try('a', operator)).came).toBe('operator');
    expect((await site.try('a', ada)).came).toBe('viewer');
    for (const login of [
      { user: 'ada', password: operator.password },
      { user: 'operator', password: ada.password },
      { user: 'ada', password: '' },
      { user: '', password: '' },
    ])
      expect((await site.try('a', login)).came).toBe('wrong');
  });

  it('slows the one peer that guesses, whatever it guesses at, and takes the right login from there still', async () => {
    const site = start({ failures: 3 });
    for (const user of ['operator', 'ada', 'nobody'])
      expect(await site.try('a', guess(user))).toEqual({ came: 'wrong', isSlow: false });
    expect(await site.try('a', guess('operator'))).toEqual({ came: 'too-many', isSlow: true });
    expect(await site.try('a', operator)).toEqual({ came: 'operator', isSlow: true });
    expect(await site.try('b', operator)).toEqual({ came: 'operator', isSlow: false });
  });

  it('slows an account that many peers guess at, where it was not opened before', async () => {
    const site = start({ accountFailures: 5 });
    await site.try('office', operator);
    for (let i = 0; i < 5; i++) expect((await site.try(`bot ${i}`, guess('operator'))).came).toBe('wrong');
    expect(await site.try('bot 6', guess('operator'))).toEqual({ came: 'too-many', isSlow: true });
    expect(await site.try('office', operator)).toEqual({ came: 'operator', isSlow: false });
    expect(await site.try('office', ada)).toEqual({ came: 'viewer', isSlow: false });
    // Never locked: the right password is slow once from elsewhere, and then known there.
    expect(await site.try('hotel', operator)).toEqual({ came: 'operator', isSlow: true });
    expect(await site.try('hotel', operator)).toEqual({ came: 'operator', isSlow: false });
  });

  it('does not tell by its pace which accounts there are', async () => {
    const site = start({ accountFailures: 2 });
    for (const user of ['operator', 'nobody'])
      for (let i = 0; i < 2; i++) await site.try(`bot ${i}`, guess(user));
    for (const user of ['operator', 'nobody'])
      expect(await site.try('bot 9', guess(user))).toEqual({ came: 'too-many', isSlow: true });
    expect((await site.try('bot 9', guess('somebody'))).isSlow).toBe(false);
  });

  it('forgets after a while', async () => {
    let time = 0;
    const site = start({ failures: 1, accountFailures: 1, now: () => time });
    await site.try('a', guess('operator'));
    expect((await site.try('a', operator)).isSlow).toBe(true);
    time += 15 * 60_000;
    expect((await site.try('b', operator)).isSlow).toBe(false);
    expect((await site.try('a', operator)).isSlow).toBe(false);
  });

  it('writes down where guesses came from, and nothing that was typed', async () => {
    const site = start();
    await site.try('192.0.2.1', { user: 'my password, in the wrong field', password: 'and again' });
    expect(site.log.lines.map(({ message, fields }) => [message, fields])).toEqual([
      ['a login failed', { door: 'login', peer: '192.0.2.1', times: 1 }],
    ]);
  });

  it('takes the right login while a thousand guesses wait', async () => {
    const failed = createFailedLogins({ log: silentLog, failures: 1 });
    const logins = createLogins(accountsOf(operator), { failed, slowMs: SLOW_MS });
    await logins.try('a', guess('operator'));
    const guesses = Array.from({ length: 1_500 }, () => logins.try('a', guess('operator')));
    // Slowly: a right guess that comes through at once would tell itself from the wrong ones.
    const began = performance.now();
    expect((await logins.try('a', operator)).kind).toBe('right');
    expect(performance.now() - began).toBeGreaterThanOrEqual(SLOW_MS - 5);
    for (const { kind } of await Promise.all(guesses)) expect(kind).toBe('too-many');
  });
});
