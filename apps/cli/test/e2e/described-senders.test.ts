import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { eventually } from '@hookline/rig';
import { createHmac } from 'node:crypto';
import { openStage, startReceiver, startWorker, type Stage } from './processes.ts';
import { where } from './where.ts';

let stage: Stage;
beforeEach(() => {
  stage = openStage();
});
afterEach(() => stage.close());

/** Writes what it was given, of a sender that only the receiver's settings know. */
function handler(name: string, provider: string, file: string): string {
  return `import { appendFileSync } from 'node:fs';
    export default {
      name: ${JSON.stringify(name)},
      on: { provider: ${JSON.stringify(provider)}, source: ${JSON.stringify(name)}, types: ['order.*'] },
      run: (event) => appendFileSync(${JSON.stringify(file)}, \`${name} \${event.type} \${event.payload.name}\\n\`),
    };`;
}

it('handlers of senders that the settings describe stopped the worker, and bodies with a mark never reached one', async () => {
  const journal = stage.journal();
  const env: Record<string, string> = {
    ...where(),
    WEBHOOK_SECRET_MILL: 'mill-secret',
    WEBHOOK_PROVIDER_MILL: 'hmac',
    WEBHOOK_SCHEME_MILL: 'header=x-signature; id=body:id; type=body:type',
    WEBHOOK_SECRET_ENGINE: 'engine-secret',
    WEBHOOK_PROVIDER_ENGINE: 'secret-header',
    WEBHOOK_SCHEME_ENGINE: 'header=x-secret; id=body:id; type=body:type; answer=empty',
    WEBHOOK_SECRET_BOILER: 'ada:boiler-secret',
    WEBHOOK_PROVIDER_BOILER: 'basic-auth',
    WEBHOOK_SCHEME_BOILER: 'id=body:id; type=body:type',
    APP_DIR: stage.appDir({
      'handlers/mill.mjs': handler('mill', 'hmac', journal.file),
      'handlers/engine.mjs': handler('engine', 'secret-header', journal.file),
      'handlers/boiler.mjs': handler('boiler', 'basic-auth', journal.file),
    }),
  };
  const receiver = await startReceiver(stage, env);
  await startWorker(stage, env);

  const text = '{"id":"1","type":"order.created","name":"Zo\u00eb"}';
  const marked = Buffer.from(`\ufeff${text}`);
  const post = async (name: string, headers: Record<string, string>, body: Buffer) =>
    (
      await fetch(`${receiver.url}/webhooks/${name}`, {
        method: 'POST',
        headers,
        body: Uint8Array.from(body),
      })
    ).status;
  const signature = createHmac('sha256', 'mill-secret').update(marked).digest('hex');
  const login = `Basic ${Buffer.from('ada:boiler-secret').toString('base64')}`;
  expect([
    await post('mill', { 'x-signature': signature }, marked),
    await post('engine', { 'x-secret': 'engine-secret' }, Buffer.from(text, 'utf16le')),
    await post('boiler', { authorization: login }, Buffer.from(text)),
    await post('boiler', { authorization: 'Basic YWRhOg==' }, Buffer.from(text)),
  ]).toEqual([200, 200, 200, 401]);
  await eventually(() => journal.lines().length >= 3);
  expect(journal.lines().toSorted()).toEqual([
    'boiler order.created Zo\u00eb',
    'engine order.created Zo\u00eb',
    'mill order.created Zo\u00eb',
  ]);
}, 60_000);
