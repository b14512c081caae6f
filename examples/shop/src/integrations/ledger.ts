import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, readdir, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NonRetryableError } from 'hookline';
import { Payment } from './payment.ts';
import { integrations } from '../settings.ts';
import { PRIVATE_FILE, PRIVATE_FOLDER } from './whole-file.ts';

const ledgerDir = () => join(integrations().dataDir, 'ledger');
const fileOf = (paymentId: string) => join(ledgerDir(), `${paymentId}.json`);

/**
 * Records a payment: one file each, whole or not at all, never overwritten.
 * @returns whether it is new; false when the very same payment was recorded before
 * @throws NonRetryableError when the id was recorded with another amount or currency
 */
export async function recordPayment(payment: Payment): Promise<boolean> {
  await mkdir(ledgerDir(), PRIVATE_FOLDER);
  const draft = `${fileOf(payment.paymentId)}.${randomUUID()}.tmp`;
  await writeFile(draft, `${JSON.stringify(payment)}\n`, PRIVATE_FILE);
  try {
    // Unlike rename, link fails when the name is taken: of two workers one records.
    await link(draft, fileOf(payment.paymentId));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const recorded = await readPayment(payment.paymentId);
    if (recorded.amount === payment.amount && recorded.currency === payment.currency) return false;
    throw new NonRetryableError(
      `${payment.paymentId} is in the ledger with another amount: correct one of the two`,
    );
  } finally {
    await unlink(draft);
  }
}

/** The ids of all recorded payments. */
export async function recordedPayments(): Promise<string[]> {
  await mkdir(ledgerDir(), PRIVATE_FOLDER);
  const files = await readdir(ledgerDir());
  return files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
}

/** The payments that were recorded at `since` or later. @param since milliseconds since the epoch */
export async function paymentsSince(since: number): Promise<Payment[]> {
  const payments: Payment[] = [];
  for (const paymentId of await recordedPayments()) {
    const { mtimeMs } = await stat(fileOf(paymentId));
    if (mtimeMs >= since) payments.push(await readPayment(paymentId));
  }
  return payments;
}

export async function readPayment(paymentId: string): Promise<Payment> {
  return Payment.parse(JSON.parse(await readFile(fileOf(paymentId), 'utf8')));
}
