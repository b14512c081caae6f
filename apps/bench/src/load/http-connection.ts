import { connect, type Socket } from 'node:net';
import type { RequestBytes } from './requests.ts';

/** The status of an answer, or `broken` when the connection ended before there was one. */
export type Answered = number | 'broken';

const HEADER_END = Buffer.from('\r\n\r\n');

/**
 * One keep-alive connection that has one request under way at a time. It is opened at the first request, and again
 * when the server has closed it. Reads just as much of HTTP/1.1 as a load needs: a status, and a length of the body.
 */
export class HttpConnection {
  readonly #port: number;
  #socket: Socket | undefined;
  #answered: ((status: Answered) => void) | undefined;
  #received: Buffer | undefined;
  /** Of the body that is being read. */
  #left = 0;
  #status = 0;
  #closes = false;
  /** How often it was opened. */
  opened = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** @param answered called once, with nothing under way any more, so that it may send the next */
  send(request: RequestBytes, answered: (status: Answered) => void): void {
    if (this.#answered !== undefined) throw new Error('a request is under way');
    this.#answered = answered;
    const socket = (this.#socket ??= this.#open());
    if (request.length === 1) {
      socket.write(request[0] ?? '');
      return;
    }
    socket.cork();
    for (const part of request) socket.write(part);
    socket.uncork();
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #open(): Socket {
    this.opened += 1;
    const socket = connect({ host: '127.0.0.1', port: this.#port, noDelay: true });
    const gone = () => {
      if (this.#socket !== socket) return;
      socket.destroy();
      this.#socket = undefined;
      this.#received = undefined;
      this.#left = 0;
      this.#settle('broken');
    };
    // A server that has half closed answers nothing more.
    socket.on('end', gone).on('close', gone).on('error', gone);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    return socket;
  }

  #read(chunk: Buffer): void {
    if (this.#left > 0) return this.#readBody(chunk.length);
    const bytes = this.#received === undefined ? chunk : Buffer.concat([this.#received, chunk]);
    const end = bytes.indexOf(HEADER_END);
    if (end < 0) {
      this.#received = bytes;
      return;
    }
    this.#received = undefined;
    const head = bytes.toString('latin1', 0, end).toLowerCase();
    const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1];
    this.#status = Number(head.slice(9, 12));
    this.#closes = head.includes('\r\nconnection: close');
    if (length === undefined && this.#status !== 204) {
      // Nothing of ours answers so: it counts as what it is, no answer that can be read.
      this.#socket?.destroy();
      return;
    }
    this.#left = Number(length ?? 0);
    this.#readBody(bytes.length - end - HEADER_END.length);
  }

  #readBody(bytes: number): void {
    this.#left -= bytes;
    if (this.#left > 0) return;
    this.#left = 0;
    if (this.#closes) this.close();
    this.#settle(this.#status);
  }

  #settle(status: Answered): void {
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.(status);
  }
}
