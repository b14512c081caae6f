import type { EventId, IncomingEvent } from '@hookline/core';

/** A first byte of its own, so that a later form of entries can be told from this one. */
const FORMAT = 1;
const PREFIX_BYTES = 5;

/** One event as bytes: the format, the length of a JSON head, the head with every field but the body, the body as it came. */
export function encodeEntry({ body, ...head }: IncomingEvent): Buffer {
  const json = Buffer.from(JSON.stringify(head));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt8(FORMAT, 0);
  prefix.writeUInt32BE(json.length, 1);
  return Buffer.concat([prefix, json, body]);
}

/** @returns the event, exactly as it was encoded; `undefined` when the bytes are none */
export function decodeEntry(bytes: Buffer): IncomingEvent | undefined {
  if (bytes.length < PREFIX_BYTES || bytes.readUInt8(0) !== FORMAT) return undefined;
  const bodyAt = PREFIX_BYTES + bytes.readUInt32BE(1);
  if (bodyAt > bytes.length) return undefined;
  const head = parsed(bytes.subarray(PREFIX_BYTES, bodyAt));
  return isHead(head) ? { ...head, body: bytes.subarray(bodyAt) } : undefined;
}

type Head = Omit<IncomingEvent, 'body'>;

const FIELDS = {
  id: 'string',
  source: 'string',
  provider: 'string',
  providerId: 'string',
  type: 'string',
  receivedAt: 'number',
  verifiedAt: 'number',
  headers: 'object',
  sha256: 'string',
  bodyTrusted: 'boolean',
} satisfies Record<keyof Omit<Head, 'priority' | 'subject'>, 'string' | 'number' | 'object' | 'boolean'>;

function isHead(value: unknown): value is Head & { readonly id: EventId } {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  const [priority, subject] = [fields.get('priority'), fields.get('subject')];
  return (
    Object.entries(FIELDS).every(([name, type]) => typeof fields.get(name) === type) &&
    fields.get('headers') !== null &&
    (priority === undefined || typeof priority === 'number') &&
    (subject === undefined || typeof subject === 'string')
  );
}

function parsed(json: Buffer): unknown {
  try {
    return JSON.parse(json.toString());
  } catch {
    return undefined;
  }
}
