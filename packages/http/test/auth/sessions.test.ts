import { describe, expect, it } from '@jest/globals';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { accountsOf } from '../../src/auth/accounts.ts';
import { signersOf } from '../../src/auth/session-cookie.ts';
import { createSessions } from '../../src/auth/sessions.ts';

const operator = { user: 'operator', password: 'correct horse battery' };
const HOUR = 3_600_000;

function start(most?: number) {
  let time = 0;
  const accounts = accountsOf(operator);
  const signers = signersOf(accounts, operator, undefined);
  const [account] = accounts;
  if (account === undefined) throw new Error('there is no operator');
  const parts = { signers, isSecure: () => false, now: () => time };
  const sessions = createSessions(most === undefined ? parts : { ...parts, most });
  const request = (cookie: string) => {
    const message = new IncomingMessage(new Socket());
    message.headers.cookie = cookie;
    return message;
  };
  return {
    begin: () => request(sessions.begin(request(''), account).split(';')[0] ?? ''),
    end: sessions.end,
    nameOf: (cookie: IncomingMessage) => sessions.accountOf(cookie)?.name,
    request,
    pass: (ms: number) => void (time += ms),
  };
}

describe('createSessions', () => {
  it('lets a session live for twelve hours, however it is used', () => {
    const { begin, nameOf, pass } = start();
    const session = begin();
    for (let hour = 0; hour < 12; hour++) {
      expect(nameOf(session)).toBe('operator');
      pass(HOUR);
    }
    expect(nameOf(session)).toBeUndefined();
  });

  it('finds its cookie among others', () => {
    const { begin, nameOf, request } = start();
    const own = begin().headers.cookie ?? '';
    expect(nameOf(request(`theme=dark; ${own}; other=1`))).toBe('operator');
    expect(nameOf(request(`hookline-session=of-a-neighbour; ${own}`))).toBe('operator');
    for (const other of [`x${own}`, own.replace('=', 's='), own.replace('=', '="').concat('"'), ''])
      expect([other, nameOf(request(other))]).toEqual([other, undefined]);
  });

  it('remembers so many that were ended, and the latest of them', () => {
    const { begin, end, nameOf } = start(2);
    const first = begin();
    const later = [begin(), begin()];
    for (const session of [first, ...later]) end(session);
    expect(nameOf(first)).toBe('operator');
    for (const session of later) expect(nameOf(session)).toBeUndefined();
  });

  it('forgets first those that are over anyway', () => {
    const { begin, end, nameOf, pass } = start(2);
    const old = begin();
    pass(11 * HOUR);
    const young = begin();
    for (const session of [young, old]) end(session);
    pass(2 * HOUR);
    end(begin());
    expect(nameOf(young)).toBeUndefined();
  });
});
