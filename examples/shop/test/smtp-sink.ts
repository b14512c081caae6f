import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** Replies that differ from success, by the command they answer (`RCPT`, `AUTH`, `.` for the message's end). */
export type Replies = Readonly<Record<string, string | 'silence'>>;

const SUCCESS: Replies = {
  EHLO: '250-sink\r\n250 AUTH PLAIN',
  AUTH: '235 2.7.0 welcome',
  DATA: '354 go on',
  '.': '250 2.0.0 kept',
  QUIT: '221 2.0.0 bye',
};

/** A real SMTP conversation (RFC 5321) on a free port; keeps what it accepts. */
export async function startSmtpSink(replies: Replies = {}) {
  const messages: string[] = [];
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    let buffered = '';
    let inMessage = false;
    const reply = (command: string) => {
      const line = replies[command] ?? SUCCESS[command] ?? '250 2.0.0 ok';
      if (line !== 'silence') socket.write(`${line}\r\n`);
      return line;
    };
    socket.write('220 sink ESMTP\r\n');
    socket.on('data', (chunk) => {
      buffered += chunk.toString('utf8');
      for (;;) {
        const end = buffered.indexOf(inMessage ? '\r\n.\r\n' : '\r\n');
        if (end === -1) return;
        const part = buffered.slice(0, end);
        buffered = buffered.slice(end + (inMessage ? 5 : 2));
        if (inMessage) {
          inMessage = false;
          if (reply('.').startsWith('250')) messages.push(part.replaceAll('\r\n..', '\r\n.'));
          continue;
        }
        const command = (part.split(' ', 1)[0] ?? '').toUpperCase();
        commands.push(part);
        server.emit('command');
        inMessage = reply(command).startsWith('354');
        if (command === 'QUIT') socket.end();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    port,
    messages,
    commands,
    async nextCommand() {
      await once(server, 'command');
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
