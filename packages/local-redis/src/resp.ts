import { createConnection } from 'node:net';
import { connect as connectSecurely, type SecureContextOptions } from 'node:tls';

/** What a Redis answers to one command; an error is an answer too. */
export type Reply =
  | { readonly kind: 'value'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly Reply[] };

/**
 * Sends commands over one connection to 127.0.0.1 and returns their replies in order (RESP2).
 * @param timeout milliseconds for everything together
 * @param tls given, TLS is spoken, and this says whose certificate is trusted
 * @throws Error when nobody listens (`code` is `ECONNREFUSED`), when it is not a Redis, or is silent
 */
export function ask(
  port: number,
  commands: readonly (readonly string[])[],
  timeout: number,
  tls?: SecureContextOptions,
): Promise<Reply[]> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const address = { host: '127.0.0.1', port };
    const socket = tls === undefined ? createConnection(address) : connectSecurely({ ...address, ...tls });
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(new Error(`no answer within ${timeout} ms`)), timeout);
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('it closed the connection')));
    socket.write(commands.map(encode).join(''));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      try {
        const replies = parseReplies(received, commands.length);
        if (replies === undefined) return;
        clearTimeout(timer);
        socket.destroy();
        resolve(replies);
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}

function encode(command: readonly string[]): string {
  return [`*${command.length}`, ...command.flatMap((part) => [`$${Buffer.byteLength(part)}`, part]), ''].join(
    '\r\n',
  );
}

/**
 * Reads `count` replies; `undefined` when some are still to come.
 * @throws Error when the bytes are not RESP
 */
export function parseReplies(bytes: Buffer, count: number): Reply[] | undefined {
  let at = 0;
  const many = (length: number): Reply[] | undefined => {
    const replies: Reply[] = [];
    for (let index = 0; index < length; index++) {
      const reply = one();
      if (reply === undefined) return undefined;
      replies.push(reply);
    }
    return replies;
  };
  const one = (): Reply | undefined => {
    const end = bytes.indexOf('\r\n', at);
    if (at < bytes.length && !'+-:$*'.includes(String.fromCharCode(bytes[at] ?? 0)))
      throw new Error('it does not speak the Redis protocol');
    if (end === -1) return undefined;
    const type = String.fromCharCode(bytes[at] ?? 0);
    const rest = bytes.toString('utf8', at + 1, end);
    at = end + 2;
    switch (type) {
      case '+':
      case ':':
        return { kind: 'value', text: rest };
      case '-':
        return { kind: 'error', text: rest };
      case '*': {
        const items = many(Number(rest));
        return items && { kind: 'list', items };
      }
      default: {
        const length = Math.max(0, Number(rest));
        const text = bytes.subarray(at, at + length);
        at += Number(rest) < 0 ? 0 : length + 2;
        return at > bytes.length ? undefined : { kind: 'value', text: text.toString() };
      }
    }
  };
  return many(count);
}
