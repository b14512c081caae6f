import type { EventId, IncomingEvent } from '@hookline/core';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** What `make-dump.mjs` wrote down. */
export interface Before {
  /** When it was made. */
  readonly at: number;
  readonly prefix: string;
  readonly events: readonly SentBefore[];
  /** The files of a receiver's spool, in base64. */
  readonly spool: Readonly<Record<string, string>>;
}

export interface SentBefore {
  /** The state that it was left in. */
  readonly what: string;
  readonly id: string;
  readonly source: string;
  readonly bytes: number;
  readonly sha256: string;
  /** `null` for one that Redis does not hold. */
  readonly status: string | null;
  /** How often each handler had begun. */
  readonly ran: Readonly<Record<string, number>>;
}

const DAY = 86_400_000;
const here = import.meta.dirname;

export const before = JSON.parse(readFileSync(join(here, 'before.json'), 'utf8')) as Before;

/** Makes an empty Redis what the version before left, a day or two ago. @param url `redis://host:port` */
export async function loadDump(url: string): Promise<void> {
  const commands = brought(gunzipSync(readFileSync(join(here, 'before.resp.gz'))));
  const { hostname, port, username, password } = new URL(url);
  const socket = connect(Number(port), hostname);
  if (password !== '') socket.write(`AUTH ${username || 'default'} ${decodeURIComponent(password)}\r\n`);
  socket.write(commands);
  socket.write('ECHO that-is-all\r\n');
  let replies = '';
  for await (const chunk of socket) {
    replies += String(chunk);
    const [problem] = /^-.*$/m.exec(replies) ?? [];
    if (problem !== undefined) throw new Error(problem);
    if (replies.endsWith('that-is-all\r\n')) return;
  }
  throw new Error('Redis ended the connection');
}

/** @param folder where a receiver of today looks for spools */
export function loadSpool(folder: string): void {
  for (const [name, content] of Object.entries(before.spool)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), Buffer.from(content, 'base64'));
  }
}

/**
 * Every time in it, later by whole days, so that nothing in there grows older than it may be kept, and schedules keep their
 * hours. Milliseconds have 13 digits; what BullMQ sorts delayed jobs by is 4,096 times as much.
 */
function brought(commands: Buffer): Buffer {
  const shift = (Math.floor((Date.now() - before.at) / DAY) - 1) * DAY;
  const isNear = (ms: number) => Math.abs(ms - before.at) < 60 * DAY;
  const text = commands.toString('latin1').replaceAll(/(?<!\d)(?:\d{13}|\d{16})(?!\d)/g, (digits) => {
    const unit = digits.length === 13 ? 1 : 4096;
    return isNear(Number(digits) / unit) ? String(Number(digits) + shift * unit) : digits;
  });
  return Buffer.from(text, 'latin1');
}

/** An event of this id, sent again. */
export function again(id: string): IncomingEvent {
  const [source = '', ...rest] = id.split('.');
  const now = Date.now();
  return {
    id: id as EventId,
    source,
    provider: source,
    providerId: rest.join('.'),
    type: 'invoice.paid',
    receivedAt: now,
    verifiedAt: now,
    headers: {},
    body: Buffer.from('{}'),
    sha256: '',
    bodyTrusted: true,
  };
}
