import { mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { describedNames, describeProvider, providers, subjectAt } from '@hookline/providers';
import fc from 'fast-check';
import { ConfigError, Problems } from '../src/config-error.ts';
import type { Environment } from '../src/environment.ts';
import type { Source } from '@hookline/core';
import { namesOf, readSources } from '../src/sources.ts';

/** The sources, the problems and, as they come, the warnings. */
function read(env: Environment) {
  const problems = new Problems();
  const warnings: string[] = [];
  const sources = readSources(
    env,
    { providers, described: describedNames, describe: describeProvider, subjectAt },
    problems,
    (message) => warnings.push(message),
  );
  let found: readonly string[] = [];
  try {
    problems.throwIfAny();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    found = error.problems;
  }
  return { sources, warnings, problems: found, names: [...sources.keys()] };
}

function only(sources: ReadonlyMap<string, Source>): Source {
  const [source, ...others] = sources.values();
  if (source === undefined || others.length > 0) throw new Error('there is not exactly one source');
  return source;
}

const folder = () => mkdtempSync(join(tmpdir(), 'hookline-sources-'));
function fileWith(text: string): string {
  const file = join(folder(), 'secret');
  writeFileSync(file, text);
  return file;
}

describe('readSources', () => {
  it('needs only the secret of a source that is named like its provider', () => {
    const { sources, problems } = read({
      WEBHOOK_SECRET_STRIPE: 'secret-a',
      WEBHOOK_SECRET_STANDARD_WEBHOOKS: 'secret-b',
    });
    expect(problems).toEqual([]);
    expect([...sources].map(([name, { provider }]) => [name, provider.name])).toEqual([
      ['stripe', 'stripe'],
      ['standard-webhooks', 'standard-webhooks'],
    ]);
  });

  it('reads what events are about where it is told to, and says what is no path', () => {
    const secret = { WEBHOOK_SECRET_STRIPE: 'secret-a' };
    const source = only(read({ ...secret, WEBHOOK_SUBJECT_STRIPE: 'data.object.metadata.order' }).sources);
    const body = (order: unknown) =>
      Buffer.from(JSON.stringify({ data: { object: { metadata: { order } } } }));
    expect(source.subjectOf?.(body('o-1'))).toBe('o-1');
    expect(source.subjectOf?.(body(42))).toBe('42');
    for (const none of [null, {}, [], ' ']) expect(source.subjectOf?.(body(none))).toBeUndefined();
    expect(source.subjectOf?.(Buffer.from('no json'))).toBeUndefined();
    expect(source.subjectOf?.(body('x'.repeat(121)))).toMatch(/^sha256-[\w-]{43}$/);
    expect(source.subjectOf?.(body('two\nlines'))).toMatch(/^sha256-/);
    expect(only(read(secret).sources).subjectOf).toBeUndefined();
    for (const path of ['a..b', '.a', 'a b'])
      expect(read({ ...secret, WEBHOOK_SUBJECT_STRIPE: path }).problems).toEqual([
        'WEBHOOK_SUBJECT_STRIPE: is no path; write the way to a value in the payload, as in data.object.customer',
      ]);
  });

  it('serves STRIPE_EU as stripe-eu, with the address it was given', () => {
    const source = only(
      read({
        WEBHOOK_SECRET_STRIPE_EU: 'secret-a',
        WEBHOOK_PROVIDER_STRIPE_EU: 'stripe',
        WEBHOOK_URL_STRIPE_EU: 'https://hooks.example/webhooks/stripe-eu',
      }).sources,
    );
    expect(source).toMatchObject({ name: 'stripe-eu', url: 'https://hooks.example/webhooks/stripe-eu' });
    expect(source.provider.name).toBe('stripe');
    expect(only(read({ WEBHOOK_SECRET_STRIPE: 'secret-a' }).sources)).not.toHaveProperty('url');
  });

  it('accepts several secrets', () => {
    expect(
      only(read({ WEBHOOK_SECRET_STRIPE: ' secret-one, secret-two,,secret-three ' }).sources).secrets(),
    ).toEqual(['secret-one', 'secret-two', 'secret-three']);
  });

  it('takes an empty variable for one that is not set, as docker compose passes it', () => {
    const nothing = {
      WEBHOOK_SECRET_STRIPE: '',
      WEBHOOK_SECRET_STRIPE_FILE: '',
      WEBHOOK_PROVIDER_STRIPE: '',
      WEBHOOK_URL_STRIPE: '',
      WEBHOOK_PRIORITY_STRIPE: '',
      WEBHOOK_SECRET_: '',
    };
    expect(read(nothing)).toMatchObject({ names: [], problems: [] });
  });

  it.each([
    [{ WEBHOOK_PROVIDER_STRIPE: 'stripe' }],
    [{ WEBHOOK_URL_STRIPE: 'https://hooks.example' }],
    [{ WEBHOOK_PRIORITY_STRIPE: 'a=1' }],
    [{ WEBHOOK_SECRET_STRIPE: ' , ' }],
    [{ WEBHOOK_SECRET_STRIPE: '', WEBHOOK_PROVIDER_STRIPE: 'stripe' }],
  ])('reports that %j has no secret', (env) => {
    expect(read(env)).toMatchObject({
      names: [],
      problems: [expect.stringMatching(/^WEBHOOK_SECRET_STRIPE: is missing or empty/)],
    });
  });

  it('lists the providers that it knows', () => {
    const known = [...providers.keys(), ...describedNames].toSorted().join(', ');
    expect(read({ WEBHOOK_SECRET_SHOP: 'secret-a' }).problems).toEqual([
      `WEBHOOK_PROVIDER_SHOP: is missing, and the source's name shop is no provider; write one of ${known}`,
    ]);
    expect(read({ WEBHOOK_SECRET_SHOP: 'secret-a', WEBHOOK_PROVIDER_SHOP: 'Stripe' }).problems).toEqual([
      `WEBHOOK_PROVIDER_SHOP: is no provider that Hookline knows; write one of ${known}`,
    ]);
  });

  it.each(['', '_X', 'X_', 'A__B', 'A.B', 'Ä', '_FILE'])(
    'reports the name WEBHOOK_SECRET_%s, once',
    (key) => {
      expect(read({ [`WEBHOOK_SECRET_${key}`]: 'secret-a' }).problems).toEqual([
        expect.stringContaining('names no source'),
      ]);
    },
  );

  it('takes lower case, and reports two variables that name one source', () => {
    expect(read({ WEBHOOK_SECRET_stripe: 'secret-a' })).toMatchObject({ names: ['stripe'], problems: [] });
    expect(read({ WEBHOOK_SECRET_stripe: 'secret-a', WEBHOOK_SECRET_STRIPE: 'secret-b' }).problems).toEqual([
      'WEBHOOK_SECRET_STRIPE: is the source stripe like WEBHOOK_SECRET_stripe; keep one',
    ]);
  });

  it.each(['hooks.example/x', 'mailto:a@b.example', 'localhost:3000', '/webhooks'])(
    'reports %s, which is no web address',
    (url) => {
      expect(read({ WEBHOOK_SECRET_STRIPE: 'secret-a', WEBHOOK_URL_STRIPE: url }).problems).toEqual([
        expect.stringMatching(/^WEBHOOK_URL_STRIPE: is not a web address/),
      ]);
    },
  );

  it('reports everything that is wrong together', () => {
    const { problems } = read({
      WEBHOOK_SECRET_SHOP: 'secret-a',
      WEBHOOK_URL_SHOP: 'x',
      WEBHOOK_PRIORITY_SHOP: 'x',
      WEBHOOK_PROVIDER_OTHER: 'nobody',
      WEBHOOK_SECRET_SLACK_FILE: '/nowhere',
    });
    expect(problems.map((problem) => problem.split(':')[0]).toSorted()).toEqual([
      'WEBHOOK_PRIORITY_SHOP',
      'WEBHOOK_PROVIDER_OTHER',
      'WEBHOOK_PROVIDER_SHOP',
      'WEBHOOK_SECRET_OTHER',
      'WEBHOOK_SECRET_SLACK_FILE',
      'WEBHOOK_URL_SHOP',
    ]);
  });

  it('never shows a secret, wherever it was written', () => {
    const variable = fc
      .tuple(
        fc.constantFrom('SECRET', 'PROVIDER', 'URL', 'PRIORITY'),
        fc.constantFrom('STRIPE', 'SHOP', 'A__B', 'stripe', 'AUDIT_FILE', 'STRIPE_FILE', ''),
      )
      .map((parts) => `WEBHOOK_${parts.join('_')}`);
    const secret = fc
      .tuple(
        fc.constantFrom('', 'whsec_', '/', 'https://hooks.example/?key=', 'a=1,'),
        fc.stringMatching(/^[A-Za-z0-9+/]{16}$/),
      )
      .map(([head, core]) => ({ core, text: head + core }));
    fc.assert(
      fc.property(fc.array(fc.tuple(variable, secret), { minLength: 1, maxLength: 6 }), (variables) => {
        const { problems, warnings } = read(
          Object.fromEntries(variables.map(([key, { text }]) => [key, text])),
        );
        const said = [...problems, ...warnings].join('\n');
        for (const [, { core }] of variables) expect(said).not.toContain(core);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a secret file', () => {
  const env = (file: string) => ({ WEBHOOK_SECRET_STRIPE_FILE: file });

  it('is read again when it is replaced or changed in place', () => {
    const file = fileWith('secret-one\n');
    const { sources, warnings } = read(env(file));
    const { secrets } = only(sources);
    expect(secrets()).toEqual(['secret-one']);
    writeFileSync(`${file}.new`, 'secret-two\r\nsecret-three\n');
    renameSync(`${file}.new`, file);
    expect(secrets()).toEqual(['secret-two', 'secret-three']);
    writeFileSync(file, 'secret-four');
    expect(secrets()).toEqual(['secret-four']);
    expect(warnings).toEqual([]);
  });

  it('is read again however fast it changes, and whatever its times say', () => {
    const file = fileWith('secret-000');
    const { secrets } = only(read(env(file)).sources);
    const { atime, mtime } = statSync(file);
    for (let index = 1; index < 200; index += 1) {
      const secret = `secret-${String(index).padStart(3, '0')}`;
      writeFileSync(file, secret);
      utimesSync(file, atime, mtime);
      expect(secrets()).toEqual([secret]);
    }
  });

  it('that is lost keeps the last good secrets, and says so once each time', async () => {
    const file = fileWith('secret-good');
    const { sources, warnings } = read(env(file));
    const { secrets } = only(sources);
    const readThrice = () => [secrets(), secrets(), secrets()];
    writeFileSync(file, ' \n');
    expect(readThrice()).toEqual([['secret-good'], ['secret-good'], ['secret-good']]);
    expect(warnings).toEqual([
      'WEBHOOK_SECRET_STRIPE_FILE: its file cannot be used any more: it is empty; the secrets read before stay in use',
    ]);
    writeFileSync(file, 'secret-better');
    expect(readThrice()[2]).toEqual(['secret-better']);
    // Old enough that its stamp is trusted: it has to be noticed as back although it did not change.
    while (Date.now() - statSync(file).ctimeMs < 1_100) await wait(50);
    expect(secrets()).toEqual(['secret-better']);
    for (const lost of [1, 2]) {
      renameSync(file, `${file}.away`);
      expect(readThrice()[2]).toEqual(['secret-better']);
      expect(warnings).toHaveLength(1 + lost);
      renameSync(`${file}.away`, file);
      expect(secrets()).toEqual(['secret-better']);
    }
    expect(warnings.at(-1)).toContain('ENOENT');
  });

  it('that cannot be used at the start is a problem', () => {
    const removed = fileWith('secret-x');
    rmSync(removed);
    for (const [file, reason] of [
      [removed, 'ENOENT'],
      [folder(), 'EISDIR'],
      [fileWith(' \n'), 'it is empty'],
    ] as const) {
      expect(read(env(file))).toMatchObject({
        names: [],
        problems: [expect.stringMatching(new RegExp(`^WEBHOOK_SECRET_STRIPE_FILE: .*: ${reason};`))],
      });
    }
  });

  it('is not mixed with a secret in the environment', () => {
    const both = { ...env(fileWith('secret-a')), WEBHOOK_SECRET_STRIPE: 'secret-b' };
    expect(read(both).problems).toEqual([expect.stringMatching(/^WEBHOOK_SECRET_STRIPE: .*keep one/)]);
  });

  it('is told from a source whose own name ends in FILE by the provider of that source', () => {
    const own = { WEBHOOK_SECRET_AUDIT_FILE: 'secret-inline', WEBHOOK_PROVIDER_AUDIT_FILE: 'stripe' };
    expect(only(read(own).sources)).toMatchObject({ name: 'audit-file' });
    expect(only(read(own).sources).secrets()).toEqual(['secret-inline']);
    const inFile = {
      WEBHOOK_SECRET_AUDIT_FILE_FILE: fileWith('secret-kept'),
      WEBHOOK_PROVIDER_AUDIT_FILE: 'stripe',
    };
    expect(only(read(inFile).sources).secrets()).toEqual(['secret-kept']);
    const beside = { ...own, WEBHOOK_SECRET_AUDIT: 'secret-a', WEBHOOK_PROVIDER_AUDIT: 'slack' };
    expect(read(beside)).toMatchObject({ names: ['audit-file', 'audit'], problems: [] });
  });
});

describe('priorities', () => {
  const secrets = { WEBHOOK_SECRET_STRIPE: 'secret-a', WEBHOOK_SECRET_GITHUB: 'secret-b' };
  function priority(rules: Environment, source: string, type: string): number | undefined {
    const { sources, problems } = read({ ...secrets, ...rules });
    expect(problems).toEqual([]);
    return sources.get(source)?.priorityOf(type);
  }

  it('are not used while no source sets one', () => {
    expect(priority({}, 'stripe', 'invoice.paid')).toBeUndefined();
    expect(priority({ WEBHOOK_PRIORITY_STRIPE: ' , ' }, 'stripe', 'invoice.paid')).toBeUndefined();
  });

  it.each([
    ['stripe', 'payment_intent.succeeded', 1],
    ['stripe', 'invoice.paid', 2],
    ['stripe', 'invoice.created', 3],
    ['stripe', 'customer.created', 5],
    ['github', 'issues.opened', 5],
  ])('of %s %s is %i, by the first rule that matches', (source, type, expected) => {
    const rules = {
      WEBHOOK_PRIORITY_STRIPE: 'payment_intent.succeeded=1, invoice.paid = 2,invoice.*=3,invoice.created=1',
    };
    expect(priority(rules, source, type)).toBe(expected);
  });

  it('match as handlers do: a bare GitHub type stands for its subtypes, a Stripe one does not', () => {
    const rules = { WEBHOOK_PRIORITY_STRIPE: 'invoice=1', WEBHOOK_PRIORITY_GITHUB: 'issues=2, *=2097151' };
    expect(priority(rules, 'github', 'issues.opened')).toBe(2);
    expect(priority(rules, 'github', 'issues')).toBe(2);
    expect(priority(rules, 'github', 'issues_x.opened')).toBe(2_097_151);
    expect(priority(rules, 'stripe', 'invoice.paid')).toBe(5);
  });

  it.each([
    'invoice.paid',
    'invoice.paid=',
    '=1',
    'a=0',
    'a=-1',
    'a=1.5',
    'a=high',
    'a=2097152',
    'a*b=1',
    'a b=1',
  ])('that cannot be read are a problem: %s', (rule) => {
    expect(read({ ...secrets, WEBHOOK_PRIORITY_STRIPE: `x=1, ${rule}` }).problems).toEqual([
      expect.stringMatching(/^WEBHOOK_PRIORITY_STRIPE: rule 2 is not type=priority/),
    ]);
  });
});

describe('a provider of one’s own', () => {
  const acme = (scheme?: string) => ({
    WEBHOOK_SECRET_ACME: 'secret-a',
    WEBHOOK_PROVIDER_ACME: 'hmac',
    ...(scheme === undefined ? {} : { WEBHOOK_SCHEME_ACME: scheme }),
  });

  it('is described by its scheme', () => {
    const { sources, problems } = read(acme('header=x-sig; prefix=v1='));
    expect(problems).toEqual([]);
    expect(only(sources).provider.name).toBe('hmac');
    expect(only(sources).provider.sign(Buffer.from('x'), ['a'], 0)['x-sig']).toMatch(/^v1=/);
  });

  it('is refused with every mistake in it, each at its part', () => {
    expect(read(acme()).problems).toEqual([
      expect.stringMatching(/^WEBHOOK_SCHEME_ACME: is missing; write how the sender signs, as in 'header=/),
    ]);
    expect(read(acme('encoding=binary; algorithm=md5')).problems).toEqual([
      'WEBHOOK_SCHEME_ACME: algorithm: cannot be used; write one of sha1, sha256, sha512',
      'WEBHOOK_SCHEME_ACME: encoding: cannot be used; write one of hex, base64',
      'WEBHOOK_SCHEME_ACME: header: is missing; write the name of the header with the signature, as in header=x-signature',
    ]);
    expect(read({ WEBHOOK_SECRET_STRIPE: 'secret-a', WEBHOOK_SCHEME_STRIPE: 'header=x' }).problems).toEqual([
      'WEBHOOK_SCHEME_STRIPE: is for WEBHOOK_PROVIDER_STRIPE=hmac or secret-header or basic-auth only; set that, or remove the scheme',
    ]);
  });
});

describe('a sender with a static secret', () => {
  it('in a header needs to say which', () => {
    const env = { WEBHOOK_SECRET_TELEGRAM: 'secret-a', WEBHOOK_PROVIDER_TELEGRAM: 'secret-header' };
    expect(read(env).problems).toEqual([
      expect.stringMatching(/^WEBHOOK_SCHEME_TELEGRAM: is missing; .* 'header=x-secret-token;/),
    ]);
    const { sources, problems } = read({ ...env, WEBHOOK_SCHEME_TELEGRAM: 'header=x-secret' });
    expect(problems).toEqual([]);
    expect(only(sources).provider.sign(Buffer.from('{}'), ['secret-a'], 0)).toEqual({
      'x-secret': 'secret-a',
    });
  });

  it('of Basic authentication needs to say nothing', () => {
    const { sources, problems } = read({
      WEBHOOK_SECRET_ACME: 'ada:lovelace',
      WEBHOOK_PROVIDER_ACME: 'basic-auth',
    });
    expect(problems).toEqual([]);
    expect(only(sources).provider.name).toBe('basic-auth');
  });

  it.each([
    ['', 'charles.babbage:x', 'has a password that is shorter than 8'],
    ['', 'ada:q7Vd-mm2Xw-p0Lz,ada:', 'entry 2 of 2 has a password that is shorter than 8'],
    ['production', 'charles.babbage:password1234', 'has a password that is easy to guess'],
  ])("of Basic authentication took its user's name for a secret, in %j: %s", (NODE_ENV, secret, problem) => {
    const env = { NODE_ENV, WEBHOOK_PROVIDER_ACME: 'basic-auth' };
    const { problems } = read({ ...env, WEBHOOK_SECRET_ACME: secret });
    expect(problems).toEqual([expect.stringMatching(`^WEBHOOK_SECRET_ACME: ${problem}`)]);
    const file = fileWith(secret.replace(',', '\n'));
    expect(read({ ...env, WEBHOOK_SECRET_ACME_FILE: file }).problems).toEqual([
      expect.stringMatching(`^WEBHOOK_SECRET_ACME_FILE: .*${problem}`),
    ]);
    const good = read({ ...env, WEBHOOK_SECRET_ACME: 'charles.babbage:q7Vd-mm2Xw-p0Lz' });
    expect(good.problems).toEqual([]);
  });
});

describe('in production', () => {
  it('a test key is no secret', () => {
    const env = { WEBHOOK_SECRET_DISCORD: `test-key:${'0'.repeat(64)}` };
    expect(read(env).problems).toEqual([]);
    expect(read({ ...env, NODE_ENV: 'production' }).problems).toEqual([
      'WEBHOOK_SECRET_DISCORD: is a test key, which anybody may hold; write what the provider shows for this endpoint',
    ]);
  });

  it.each(['password1234', 'whsec_changeme', 'whsec_aaaaaaaaaaaa', '0123456789'])(
    '%s was taken for a secret without a word',
    (WEBHOOK_SECRET_STRIPE) => {
      expect(read({ WEBHOOK_SECRET_STRIPE }).problems).toEqual([]);
      expect(read({ WEBHOOK_SECRET_STRIPE, NODE_ENV: 'production' }).problems).toEqual([
        expect.stringMatching(/^WEBHOOK_SECRET_STRIPE: is easy to guess/),
      ]);
    },
  );

  it('of a file, too, a secret that is easy to guess was taken', () => {
    const env = { WEBHOOK_SECRET_STRIPE_FILE: fileWith('q7Vd-mm2Xw-p0Lz\npassword1234\n') };
    expect(read(env).problems).toEqual([]);
    expect(read({ ...env, NODE_ENV: 'production' }).problems).toEqual([
      expect.stringMatching(/^WEBHOOK_SECRET_STRIPE_FILE: .*entry 2 of 2 is easy to guess/),
    ]);
  });

  it('a provider that signs the address needs to be told it', () => {
    const env = { WEBHOOK_SECRET_SQUARE: 'q7Vd-mm2Xw-p0Lz', NODE_ENV: 'production' };
    expect(read(env).warnings).toEqual([
      expect.stringMatching(/^WEBHOOK_URL_SQUARE: is not set, and square signs/),
    ]);
    expect(read({ ...env, WEBHOOK_URL_SQUARE: 'https://a.test/webhooks/square' }).warnings).toEqual([]);
    expect(read({ ...env, NODE_ENV: '' }).warnings).toEqual([]);
  });
});

describe('a secret with a comma, which could not be configured', () => {
  it('is one line of a file, exactly as it is', () => {
    const file = fileWith('left,and,right = "one"\r\nsecond-of-them\n');
    expect(only(read({ WEBHOOK_SECRET_STRIPE_FILE: file }).sources).secrets()).toEqual([
      'left,and,right = "one"',
      'second-of-them',
    ]);
  });

  it.each([
    ['is shorter than 8', 'abc'],
    ['entry 2 of 2 is shorter than 8', 'left-of-it,abc'],
    ['is shorter than 8', 'whsec_'],
    ['is shorter than 8', 'whsec_1234567'],
    ['is shorter than 8', 'token:abc'],
  ])('was two keys, however short: now it %s', (problem, WEBHOOK_SECRET_STRIPE) => {
    expect(read({ WEBHOOK_SECRET_STRIPE }).problems).toEqual([
      expect.stringMatching(
        new RegExp(`^WEBHOOK_SECRET_STRIPE: ${problem}.*comma.*WEBHOOK_SECRET_STRIPE_FILE`),
      ),
    ]);
    const file = fileWith(WEBHOOK_SECRET_STRIPE.replace(',', '\n'));
    expect(read({ WEBHOOK_SECRET_STRIPE_FILE: file }).problems).toEqual([
      expect.stringMatching(new RegExp(`^WEBHOOK_SECRET_STRIPE_FILE: .*${problem}`)),
    ]);
  });

  it('keeps the last good ones when its file is changed to a short one', () => {
    const file = fileWith('long-enough');
    const { sources, warnings } = read({ WEBHOOK_SECRET_STRIPE_FILE: file });
    writeFileSync(file, 'short');
    expect(only(sources).secrets()).toEqual(['long-enough']);
    expect(warnings).toEqual([expect.stringContaining('shorter than 8')]);
  });
});

describe('the secrets before', () => {
  it('are those that a file held last', async () => {
    const file = fileWith('secret-one');
    const source = only(read({ WEBHOOK_SECRET_STRIPE_FILE: file }).sources);
    expect([source.secrets(), source.formerSecrets?.()]).toEqual([['secret-one'], []]);
    writeFileSync(file, 'secret-two');
    expect([source.secrets(), source.formerSecrets?.()]).toEqual([['secret-two'], ['secret-one']]);
    expect([source.secrets(), source.formerSecrets?.()]).toEqual([['secret-two'], ['secret-one']]);
  });
});

describe('the names of sources in a line', () => {
  it('names all of a few, the first of many, and none', () => {
    expect(namesOf(['a', 'b'])).toBe('a, b');
    expect(namesOf(new Set(['a', 'b', 'c']), 2)).toBe('a, b and 1 more');
    expect(namesOf([])).toBe('none');
  });
});
