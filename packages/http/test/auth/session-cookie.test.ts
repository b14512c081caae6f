import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { accountsOf, type AccessOptions } from '../../src/auth/accounts.ts';
import { openSession, sealSession, signersOf, type Session } from '../../src/auth/session-cookie.ts';

const operator = { user: 'operator', password: 'correct horse battery' };
const ada = { user: 'ada', password: 'staple battery horse' };
const grace = { user: 'grace', password: ada.password };
const NOW = Date.UTC(2030, 0, 1);

function signers(access: AccessOptions = { viewers: [ada, grace] }, login = operator) {
  return signersOf(accountsOf(login, access), login, access.sessionSecret);
}

function sealed(name: string, by = signers(), changes: Partial<Session> = {}): string {
  const signer = by.find(({ account }) => account.name === name);
  if (signer === undefined) throw new Error(`there is no ${name}`);
  const { role } = signer.account;
  return sealSession({ id: 'an-id', name, role, expires: NOW + 1_000, ...changes }, signer.key);
}

const nameOf = (value: string, by = signers(), now = NOW) => openSession(value, by, now)?.account.name;

describe("a session's cookie", () => {
  it('says whose it is, on every dashboard with the same settings, until it expires', () => {
    for (const name of ['operator', 'ada', 'grace']) expect(nameOf(sealed(name))).toBe(name);
    expect(nameOf(sealed('ada'), signers(), NOW + 999)).toBe('ada');
    expect(nameOf(sealed('ada'), signers(), NOW + 1_000)).toBeUndefined();
  });

  it('holds a name, a role and when it expires, and no secret', () => {
    const sessionSecret = 'a session secret of the tests, long enough';
    const value = sealed('ada', signers({ viewers: [ada], sessionSecret }));
    const [text = ''] = value.split('.');
    expect(JSON.parse(Buffer.from(text, 'base64url').toString())).toEqual({
      id: 'an-id',
      name: 'ada',
      role: 'viewer',
      expires: NOW + 1_000,
    });
  });

  it('is worth nothing when the account is gone, or has another password or role', () => {
    const sessionSecret = 'a session secret of the tests, long enough';
    const with2 = (access: AccessOptions, login = operator) => signers({ sessionSecret, ...access }, login);
    const ofAda = sealed('ada', with2({ viewers: [ada, grace] }));
    expect(nameOf(ofAda, with2({ viewers: [grace, ada] }))).toBe('ada');
    expect(nameOf(ofAda, with2({ viewers: [grace] }))).toBeUndefined();
    expect(nameOf(ofAda, with2({ viewers: [{ ...ada, password: 'another' }] }))).toBeUndefined();
    expect(nameOf(ofAda, with2({}, ada))).toBeUndefined();
    expect(nameOf(ofAda, with2({ viewers: [ada] }, { ...operator, password: 'another' }))).toBe('ada');
    const another = { sessionSecret: 'another session secret, long enough, too' };
    expect(nameOf(ofAda, with2({ viewers: [ada], ...another }))).toBeUndefined();
  });

  it("ends with the operator's password, where no secret is set", () => {
    const value = sealed('ada');
    expect(nameOf(value, signers({ viewers: [ada] }, { ...operator, password: 'another' }))).toBeUndefined();
    expect(nameOf(value, signers({ viewers: [ada] }, { ...operator, user: 'another' }))).toBeUndefined();
  });

  it('is refused when any byte of it is another', () => {
    const by = signers();
    const values = ['operator', 'ada'].map((name) => sealed(name, by));
    fc.assert(
      fc.property(
        fc.constantFrom(...values),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (value, at, change) => {
          const bytes = Buffer.from(value, 'latin1');
          const index = at % bytes.length;
          bytes[index] = (bytes[index] ?? 0) ^ change;
          expect(openSession(bytes.toString('latin1'), by, NOW)).toBeUndefined();
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('is refused with each byte flipped, cut, lengthened, padded or written in another way', () => {
    const by = signers();
    const value = sealed('operator', by);
    const [text = '', mac = ''] = value.split('.');
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const lastWritten = [...letters].map((letter) => value.slice(0, -1) + letter);
    // Four letters in the last place are the same bytes in base64.
    const macBytes = Buffer.from(mac, 'base64url');
    const same = lastWritten.filter((one) =>
      Buffer.from(one.split('.')[1] ?? '', 'base64url').equals(macBytes),
    );
    expect(same.length).toBe(4);
    const forged = [
      ...lastWritten.filter((one) => one !== value),
      ...[...value].map((_, index) => value.slice(0, index) + value.slice(index + 1)),
      ...[...value].map((_, index) => value.slice(0, index)),
      `${value}.`,
      `${value}=`,
      ` ${value}`,
      `${text}.`,
      `.${mac}`,
      '',
      '.',
      `${text}.${mac}.${mac}`,
      `${sealed('ada', by).split('.')[0]}.${mac}`,
    ];
    for (const one of forged) expect([one, openSession(one, by, NOW)]).toEqual([one, undefined]);
  });

  it('of anything at all is nobody, and nothing throws', () => {
    const by = signers();
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => openSession(text, by, NOW) === undefined));
  });
});
