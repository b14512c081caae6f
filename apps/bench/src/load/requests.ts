import { createHmac } from 'node:crypto';

/** One request as bytes: written one after the other. The last part of a large one is shared by all. */
export type RequestBytes = readonly Buffer[];

/** What a set of requests is made from. */
export interface RequestPlan {
  readonly path: string;
  readonly secret: string;
  /** Bytes of each body, at least. */
  readonly size: number;
  readonly count: number;
  /** Eight letters and digits that no other set has. */
  readonly run: string;
  /** How often each event comes; once unless given. */
  readonly copies?: number;
  /** The customers that they are about, in turns; all about one unless given. */
  readonly subjects?: readonly string[];
  /** Signed with another secret. */
  readonly forged?: boolean;
}

export const EVENT_TYPE = 'payment_intent.succeeded';
/** Where a body is larger, its end is not copied for each event. */
const COPIED_BYTES = 16 * 1024;

/** The id of an event of a set, always of the same length. */
export function eventId(run: string, at: number): string {
  return `evt_${run}${String(at).padStart(8, '0')}`;
}

/** The customer that all requests of a plan are about which does not say how many there are. */
const CUSTOMER = 'cus_9s6XKzkNRiz8i3';

/** The end of a body that is this long: line items as a provider sends them, and filled up to the byte. */
function restOf(size: number, customer: string): Buffer {
  const head = `","object":"event","api_version":"2026-10-28.endive","created":1795000000,"livemode":false,"pending_webhooks":1,"type":"${EVENT_TYPE}","data":{"object":{"id":"pi_3PqXk2","object":"payment_intent","amount":4900,"currency":"eur","customer":"${customer}","receipt_email":"ada@example.com","status":"succeeded","lines":[`;
  const foot = '"}}}';
  const items: string[] = [];
  let length =
    `{"id":"${eventId('x'.repeat(8), 0)}`.length + head.length + '],"note":'.length + 1 + foot.length;
  for (;;) {
    const item = `{"id":"li_${items.length}","amount":1200,"quantity":1,"description":"a line of an order"}`;
    if (length + item.length + 1 > size) break;
    items.push(item);
    length += item.length + (items.length === 1 ? 0 : 1);
  }
  return Buffer.from(`${head}${items.join(',')}],"note":"${'x'.repeat(Math.max(0, size - length))}${foot}`);
}

/** Signed requests as Stripe sends them, made ahead of time so that making them is nobody's load. */
export function buildRequests(plan: RequestPlan, now: number): RequestBytes[] {
  const { path, size, count, run, copies = 1, subjects = [CUSTOMER], forged = false } = plan;
  const rests = subjects.map((customer) => restOf(size, customer));
  const seconds = String(Math.floor(now / 1000));
  const secret = forged ? `${plan.secret}-another` : plan.secret;
  return Array.from({ length: count }, (_, at) => {
    const event = Math.floor(at / copies);
    const begin = Buffer.from(`{"id":"${eventId(run, event)}`);
    const rest = rests[event % rests.length] ?? Buffer.alloc(0);
    const hash = createHmac('sha256', secret).update(`${seconds}.`).update(begin).update(rest).digest('hex');
    const head = Buffer.from(
      `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)\r\n` +
        `accept: */*\r\ncontent-type: application/json; charset=utf-8\r\nstripe-signature: t=${seconds},v1=${hash}\r\n` +
        `content-length: ${begin.length + rest.length}\r\n\r\n`,
    );
    return rest.length > COPIED_BYTES
      ? [Buffer.concat([head, begin]), rest]
      : [Buffer.concat([head, begin, rest])];
  });
}
