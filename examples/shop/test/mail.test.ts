import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NonRetryableError } from '@hookline/core';
import sendReceiptEmail from '../src/handlers/send-receipt-email.ts';
import sendReceipt from '../src/jobs/send-receipt.ts';
import { configureIntegrations } from '../src/settings.ts';
import { exampleContext, paidEvent } from './example-context.ts';
import { parseMail } from './parse-mail.ts';
import { startSmtpSink, type Replies } from './smtp-sink.ts';

const mailFrom = 'Shop <receipts@shop.example>';
let dataDir = '';
let cleanUp: (() => Promise<void>)[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hookline-mail-'));
  cleanUp = [() => rm(dataDir, { recursive: true })];
  configureIntegrations({ dataDir, mailFrom });
});
afterEach(async () => {
  for (const undo of cleanUp) await undo();
});

async function smtpServer(replies: Replies = {}, credentials = '') {
  const sink = await startSmtpSink(replies);
  cleanUp.push(sink.close);
  configureIntegrations({ dataDir, mailFrom, smtpUrl: sink.url.replace('//', `//${credentials}`) });
  return sink;
}

async function failure(run: unknown): Promise<Error> {
  return Promise.resolve(run).then(
    () => {
      throw new Error('expected a failure');
    },
    (error: Error) => error,
  );
}

describe('send-receipt-email without SMTP_URL', () => {
  it('lets nobody else on the machine read a mail', async () => {
    const ctx = exampleContext({ idempotencyKey: 'stripe.evt_2~send-receipt-email' });
    await sendReceiptEmail.run(paidEvent({ amount: 5120, currency: 'kwd' }), ctx);
    const outbox = join(dataDir, 'outbox');
    const modes = [outbox, join(outbox, 'stripe.evt_2~send-receipt-email.eml')].map(async (path) => {
      const { mode } = await stat(path);
      return mode & 0o777;
    });
    expect(await Promise.all(modes)).toEqual([0o700, 0o600]);
  });

  it('writes one parseable message, however many attempts there are', async () => {
    const ctx = exampleContext({ idempotencyKey: 'stripe.evt_1~send-receipt-email' });
    await sendReceiptEmail.run(paidEvent({ amount: 5120, currency: 'kwd' }), ctx);
    const first = await readFile(join(dataDir, 'outbox/stripe.evt_1~send-receipt-email.eml'), 'utf8');
    await sendReceiptEmail.run(paidEvent({ amount: 5120, currency: 'kwd' }), ctx.nextAttempt());

    expect(await readdir(join(dataDir, 'outbox'))).toEqual(['stripe.evt_1~send-receipt-email.eml']);
    const mail = parseMail(first);
    expect(mail.headers).toMatchObject({
      from: 'Shop <receipts@shop.example>',
      to: 'payer@example.com',
      subject: 'Your receipt for KWD\u00a05.120',
    });
    expect(mail.headers['message-id']).toMatch(/^<[0-9a-f]{40}@shop\.example>$/);
    expect(mail.text).toContain('We have received your payment of KWD\u00a05.120.');
    expect(mail.text).toContain('Reference: pi_1');
  });

  it('gives every run its own file, and a safe name to a key that is none', async () => {
    for (const idempotencyKey of ['a', 'b', '../../etc/passwd', 'x'.repeat(300)]) {
      await sendReceiptEmail.run(paidEvent({}), exampleContext({ idempotencyKey }));
    }
    const files = await readdir(join(dataDir, 'outbox'));
    expect(files).toHaveLength(4);
    expect(files.filter((file) => !/^([ab]|[0-9a-f]{64})\.eml$/.test(file))).toEqual([]);
  });

  it('has nothing to send to a payer without an address', async () => {
    const result = await sendReceiptEmail.run(paidEvent({ email: null }), exampleContext());
    expect(result).toEqual({ skipped: 'the payment names no receipt_email' });
    await expect(readdir(join(dataDir, 'outbox'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('send-receipt-email through SMTP', () => {
  it('delivers the message, and a retry carries the same Message-ID', async () => {
    const sink = await smtpServer();
    const ctx = exampleContext();
    await sendReceiptEmail.run(paidEvent({}), ctx);
    await sendReceiptEmail.run(paidEvent({}), ctx.nextAttempt());
    await sendReceiptEmail.run(paidEvent({}), exampleContext({ idempotencyKey: 'another' }));

    expect(sink.commands).toContain('RCPT TO:<payer@example.com>');
    const ids = sink.messages.map((message) => parseMail(message).headers['message-id']);
    expect(ids).toHaveLength(3);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
    expect(parseMail(sink.messages[0] ?? '').headers['subject']).toBe('Your receipt for $10.50');
  });

  it.each([
    ['an unknown mailbox', { RCPT: '550 5.1.1 no such mailbox' }, 'no such mailbox'],
    ['a refused message', { '.': '554 5.7.1 we take no such content' }, 'no such content'],
  ])('gives up on %s', async (_what, replies, reason) => {
    await smtpServer(replies);
    const error = await failure(sendReceiptEmail.run(paidEvent({}), exampleContext()));
    expect(error).toBeInstanceOf(NonRetryableError);
    expect(error.message).toContain(reason);
  });

  it.each([
    ['a greylisting server', { RCPT: '451 4.7.1 come back later' }],
    ['a full mailbox', { '.': '452 4.2.2 mailbox full' }],
    ['a server out of step', { MAIL: '503 5.5.1 bad sequence' }],
  ])('tries again after %s', async (_what, replies) => {
    await smtpServer(replies);
    const error = await failure(sendReceiptEmail.run(paidEvent({}), exampleContext()));
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(NonRetryableError);
  });

  it('tries again after a refused login, without showing the password', async () => {
    const sink = await smtpServer({ AUTH: '535 5.7.8 wrong' }, 'shop:s3cr3t@');
    const error = await failure(sendReceiptEmail.run(paidEvent({}), exampleContext()));
    expect(sink.commands.some((command) => command.startsWith('AUTH PLAIN'))).toBe(true);
    expect(error).not.toBeInstanceOf(NonRetryableError);
    expect(`${error.message} ${error.stack}`).not.toContain('s3cr3t');
  });

  it('tries again when nobody listens', async () => {
    const sink = await startSmtpSink();
    await sink.close();
    configureIntegrations({ dataDir, mailFrom, smtpUrl: sink.url });
    const error = await failure(sendReceiptEmail.run(paidEvent({}), exampleContext()));
    expect(error).toMatchObject({ code: 'ESOCKET' });
    expect(error).not.toBeInstanceOf(NonRetryableError);
  });

  it('stops when the run is aborted', async () => {
    const sink = await smtpServer({ EHLO: 'silence' });
    const stop = new AbortController();
    const failed = failure(sendReceiptEmail.run(paidEvent({}), exampleContext({ signal: stop.signal })));
    await sink.nextCommand();
    stop.abort(new Error('the timeout is over'));
    expect((await failed).message).toBe('the timeout is over');
    expect(sink.messages).toEqual([]);
  });
});

describe('send-receipt', () => {
  it('mails the receipt of a job', async () => {
    const data = { paymentId: 'pay_1', amount: 500, currency: 'JPY', email: 'payer@example.com' };
    await sendReceipt.run(data, exampleContext({ idempotencyKey: 'job-1' }));
    const mail = parseMail(await readFile(join(dataDir, 'outbox/job-1.eml'), 'utf8'));
    expect(mail.headers['subject']).toBe('Your receipt for ¥500');
    expect(mail.text).toContain('Reference: pay_1');
  });
});
