import { mkdir, mkdtemp, readFile, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NonRetryableError, type RunContext } from '@hookline/core';
import fc from 'fast-check';
import { configureIntegrations } from '../src/settings.ts';
import { findUser, userIds } from '../src/integrations/users.ts';
import { parseUsersCsv } from '../src/integrations/users-csv.ts';
import importCsv from '../src/jobs/import-csv.ts';
import queues from '../src/queues.ts';
import { exampleContext } from './example-context.ts';
import { parseMail } from './parse-mail.ts';
import { startSmtpSink } from './smtp-sink.ts';

const mailFrom = 'shop@shop.example';
const HEAD = 'id,name,email\n';
const GOOD = `${HEAD}ann,Ann,ann@example.com\nbob,"Bob, the ""second""",bob@example.com\n`;
const data = { fileId: 'users.csv', email: 'ops@example.com' };
let dataDir = '';
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hookline-import-'));
  configureIntegrations({ dataDir, mailFrom });
  await mkdir(join(dataDir, 'uploads'));
});
afterEach(() => rm(dataDir, { recursive: true }));

const upload = (csv: string) => writeFile(join(dataDir, 'uploads/users.csv'), csv);

/** Every mail in the outbox. */
async function mails() {
  const files = await readdir(join(dataDir, 'outbox')).catch(() => []);
  return Promise.all(
    files.map(async (file) => parseMail(await readFile(join(dataDir, 'outbox', file), 'utf8'))),
  );
}

const subjects = async () => (await mails()).map(({ headers }) => headers['subject']);

async function failure(ctx: RunContext, fileId = data.fileId): Promise<Error> {
  return Promise.resolve(importCsv.run({ ...data, fileId }, ctx)).then(
    () => {
      throw new Error('expected a failure');
    },
    (error: Error) => error,
  );
}

describe('import-csv', () => {
  it('002 data import: imports every record, says how far it is, and mails that it is complete', async () => {
    await upload(GOOD);
    const ctx = exampleContext();
    expect(await importCsv.run(data, ctx)).toEqual({ imported: 2 });
    expect(await findUser('bob')).toEqual({ id: 'bob', name: 'Bob, the "second"', email: 'bob@example.com' });
    expect(ctx.progressed).toEqual(['Imported 2 of 2 users']);
    const [mail, ...more] = await mails();
    expect(mail?.headers).toMatchObject({ to: 'ops@example.com', subject: 'Import complete' });
    expect(mail?.text).toContain('users.csv: 2 users imported.');
    expect(more).toEqual([]);
  });

  it('002 data import: is tried twice, one at a time over all workers', () => {
    expect(importCsv.retry).toEqual({ attempts: 2 });
    expect(queues).toMatchObject({ [importCsv.queue ?? '']: { globalConcurrency: 1 } });
  });

  it('imports in batches, and comes to the same when it is tried again', async () => {
    const rows = Array.from({ length: 250 }, (_, n) => `u${n},User ${n},u${n}@example.com`);
    await upload(`${HEAD}${rows.join('\n')}\n`);
    const ctx = exampleContext();
    expect(await importCsv.run(data, ctx)).toEqual({ imported: 250 });
    expect(ctx.progressed).toEqual([100, 200, 250].map((n) => `Imported ${n} of 250 users`));
    expect(await importCsv.run(data, ctx.nextAttempt())).toEqual({ imported: 250 });
    expect(await userIds()).toHaveLength(250);
    expect(await subjects()).toEqual(['Import complete']);
  });

  it('002 data import: mails that it failed, with the wrong lines, and imports nothing', async () => {
    await upload(`${GOOD}\n../x,Eve,eve@example.com\ncy,,nobody\nann,Ann,ann2@example.com\n`);
    const error = await failure(exampleContext());
    expect(error).toBeInstanceOf(NonRetryableError);
    const [, ...lines] = error.message.split('\n');
    expect(lines.map((line) => /^line \d+: \w+: /.exec(line)?.[0])).toEqual([
      'line 5: id: ',
      'line 6: name: ',
      'line 6: email: ',
      'line 7: id: ',
    ]);
    expect(lines.at(-1)).toBe('line 7: id: line 2 has the same');
    expect(await userIds()).toEqual([]);
    const [mail] = await mails();
    expect(mail?.headers['subject']).toBe('Import failed');
    expect(mail?.text).toContain('line 6: email: ');
  });

  it('mails another failure, and the success after it, as messages of their own', async () => {
    const ctx = exampleContext();
    for (const row of ['?,Ann,ann@example.com', 'ann,Ann,?']) {
      await upload(`${HEAD}${row}\n`);
      await failure(ctx);
    }
    await upload(GOOD);
    await importCsv.run(data, ctx);
    const ids = (await mails()).map(({ headers }) => headers['message-id']);
    expect(new Set(ids).size).toBe(3);
  });

  it('bounds what it lists', async () => {
    await upload(`${HEAD}${'?,Ann,ann@example.com\n'.repeat(1_000)}`);
    const { message } = await failure(exampleContext());
    expect(message.split('\n')).toHaveLength(22);
    expect(message).toMatch(/and 980 more$/);
  });

  it.each([
    [`${HEAD}ann,"Ann,ann@example.com\n`, 'Quote Not Closed'],
    [`${HEAD}ann,Ann\n`, 'Invalid Record Length'],
    ['name,email\nAnn,ann@example.com\n', 'line 2: id: '],
  ])('gives up on %j', async (csv, reason) => {
    await upload(csv);
    const error = await failure(exampleContext());
    expect(error).toBeInstanceOf(NonRetryableError);
    expect(error.message).toContain(reason);
  });

  it.each(['../secret.csv', '/etc/passwd', '..', '.hidden', 'a/b.csv', 'a\\b.csv', '', 'x\0.csv'])(
    'refuses to read %j',
    async (fileId) => {
      await writeFile(join(dataDir, 'secret.csv'), GOOD);
      const error = await failure(exampleContext(), fileId);
      expect(error).toBeInstanceOf(NonRetryableError);
      expect(error.message).toContain('names no upload');
      expect(await userIds()).toEqual([]);
    },
  );

  it('refuses a link, a folder, and what is not there', async () => {
    await writeFile(join(dataDir, 'secret.csv'), GOOD);
    await symlink(join(dataDir, 'secret.csv'), join(dataDir, 'uploads/link.csv'));
    await mkdir(join(dataDir, 'uploads/folder.csv'));
    for (const fileId of ['link.csv', 'folder.csv', 'none.csv']) {
      const error = await failure(exampleContext(), fileId);
      expect(error).toBeInstanceOf(NonRetryableError);
      expect(error.message).toBe(`there is no file '${fileId}' in DATA_DIR/uploads`);
    }
  });

  it('refuses a file that is too large to parse in one go', async () => {
    await upload('');
    await truncate(join(dataDir, 'uploads/users.csv'), 20 * 1024 * 1024 + 1);
    expect((await failure(exampleContext())).message).toContain('split it into several files');
  });

  it('002 data import: mails a passing failure only when no attempt is left', async () => {
    await upload(GOOD);
    await writeFile(join(dataDir, 'users'), 'a file where the folder has to be');
    const ctx = exampleContext({ maxAttempts: 2 });
    expect(await failure(ctx)).not.toBeInstanceOf(NonRetryableError);
    expect(await subjects()).toEqual([]);
    await failure(ctx.nextAttempt());
    expect(await subjects()).toEqual(['Import failed']);
  });

  it('mails nothing when it is aborted: another worker begins it again', async () => {
    await upload(GOOD);
    const signal = AbortSignal.abort(new Error('this process is stopping'));
    await failure(exampleContext({ signal, maxAttempts: 1 }));
    expect(await userIds()).toEqual([]);
    expect(await subjects()).toEqual([]);
  });

  it('stops between two batches when it is aborted', async () => {
    await upload(HEAD + Array.from({ length: 250 }, (_, n) => `u${n},U,u${n}@example.com\n`).join(''));
    const stop = new AbortController();
    const onProgress = () => stop.abort(new Error('this process is stopping'));
    const error = await failure(exampleContext({ signal: stop.signal, onProgress }));
    expect(error.message).toBe('this process is stopping');
    expect(await userIds()).toHaveLength(100);
  });

  it('fails with the import’s error when the mail about it cannot be sent', async () => {
    const sink = await startSmtpSink();
    await sink.close();
    configureIntegrations({ dataDir, mailFrom, smtpUrl: sink.url });
    const ctx = exampleContext();
    expect((await failure(ctx)).message).toBe("there is no file 'users.csv' in DATA_DIR/uploads");
    expect(ctx.logged.join()).toContain('the mail about the failed import could not be sent');
  });
});

describe('parseUsersCsv', () => {
  it('reads back what CSV can hold', () => {
    const names = fc.array(fc.string({ minLength: 1, maxLength: 50 }).filter((text) => text.trim() !== ''));
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(
        names,
        fc.constantFrom('\n', '\r\n'),
        fc.constantFrom('id', '"id"'),
        (texts, lineEnd, id) => {
          const rows = texts.map((text, n) => [`u${n}`, quoted(text), `u${n}@example.com`].join(','));
          const csv = [`\u{feff}${id},name,email`, ...rows, ''].join(lineEnd);
          expect(parseUsersCsv(csv)).toEqual({
            users: texts.map((text, n) => ({ id: `u${n}`, name: text.trim(), email: `u${n}@example.com` })),
            problems: [],
          });
        },
      ),
    );
  });

  it('reads whatever it is given without throwing', () => {
    fc.assert(
      fc.property(fc.string(), (csv) => {
        expect(parseUsersCsv(`${HEAD}${csv}`).users).toEqual([]);
      }),
    );
  });
});
