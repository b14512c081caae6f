import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { NonRetryableError, type RunContext } from 'hookline';
import { createTransport, type NodemailerError } from 'nodemailer';
import { integrations } from '../settings.ts';
import { writeWhole } from './whole-file.ts';

export interface Message {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** Which of its run's messages this is, where there are several: a retry's copy has the same. */
  readonly part?: string;
}

export interface SentMail {
  readonly messageId: string;
  /** Where it went: the SMTP server, or this file. */
  readonly via: 'smtp' | { readonly file: string };
}

/** Where mail goes without SMTP_URL. */
export const outboxDir = (): string => join(integrations().dataDir, 'outbox');

/**
 * Sends a plain text message through SMTP_URL or, without it, writes it to the outbox.
 * The Message-ID comes from the run's idempotency key, so a retry sends a copy that receivers can recognise.
 * @throws NonRetryableError when the server refuses this message for good (5xx: no such mailbox, content refused)
 * @throws Error for what may pass: 4xx, no connection, a refused login
 */
export async function sendMail({ part, ...message }: Message, ctx: RunContext): Promise<SentMail> {
  const { smtpUrl, mailFrom } = integrations();
  const key = part === undefined ? ctx.idempotencyKey : `${ctx.idempotencyKey}.${part}`;
  const mail = { ...message, from: mailFrom, messageId: messageIdFor(key, mailFrom) };
  if (smtpUrl === undefined) return writeToOutbox(mail, key);

  const smtp = createTransport({
    url: smtpUrl,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
  });
  try {
    await smtp.sendMail({ ...mail, signal: ctx.signal, disableFileAccess: true, disableUrlAccess: true });
    return { messageId: mail.messageId, via: 'smtp' };
  } catch (error) {
    if (ctx.signal.aborted) throw ctx.signal.reason;
    throw refusesMessage(error) ? new NonRetryableError(error.message, { cause: error }) : error;
  } finally {
    smtp.close();
  }
}

/** A retry replaces the same file. */
async function writeToOutbox(mail: Message & { messageId: string; from: string }, key: string) {
  const { message } = await createTransport({ streamTransport: true, buffer: true }).sendMail(mail);
  const file = join(outboxDir(), `${fileNameFor(key)}.eml`);
  await writeWhole(file, message);
  return { messageId: mail.messageId, via: { file } };
}

/** A refused login (EAUTH) is not about this message: it waits for the operator, like a server that is down. */
function refusesMessage(error: unknown): error is NodemailerError {
  if (!(error instanceof Error)) return false;
  const { code, permanent }: NodemailerError = error;
  return permanent === true && (code === 'EENVELOPE' || code === 'EMESSAGE');
}

function messageIdFor(key: string, from: string): string {
  const domain = /@([A-Za-z0-9.-]+)/.exec(from)?.[1] ?? 'localhost';
  return `<${sha256(key).slice(0, 40)}@${domain}>`;
}

function fileNameFor(key: string): string {
  return /^[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,199}$/.test(key) ? key : sha256(key);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
