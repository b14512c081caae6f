import { explain, NO_LOG } from '@hookline/core';
import { setTimeout as wait } from 'node:timers/promises';
import { listEvents, openPartitions, type Partitions } from '@hookline/redis';
import type { CliConfig } from './config.ts';
import { post } from './send/post.ts';
import { sampleRequest } from './send/sample-request.ts';
import { openEventLog } from './open-event-log.ts';
import { followEvent, formatTimeline } from './timeline.ts';

const PATIENCE_MS = 20_000;
const SAMPLE = 'payment_intent.succeeded';

type Say = (message: string) => void;

/**
 * On a store that never held an event: shows that the way from the door to a handler works, and how long it takes;
 * then the same for a job. What does not work is said, and stops nothing.
 */
export async function showFirstRun(
  cli: CliConfig,
  { receiverUrl, apiKey }: { readonly receiverUrl: string; readonly apiKey: string | undefined },
  say: Say,
): Promise<void> {
  const partitions = openPartitions(cli.layout, 'worker', NO_LOG);
  try {
    if (await hasHeldEvents(partitions)) return;
    await sendFirstSample(cli, partitions, receiverUrl, say);
    if (apiKey !== undefined) await runFirstJob(`${receiverUrl}/job`, apiKey, say);
  } catch (error) {
    say(`the first run could not be shown: ${explain(error)}`);
  } finally {
    partitions.close();
  }
}

/** Events leave Redis once they are recorded; the stream that told of them stays, empty. */
async function hasHeldEvents(partitions: Partitions): Promise<boolean> {
  const streams = await Promise.all(
    partitions.all.map(({ connection, keys }) => connection.exists(keys.changes)),
  );
  return streams.includes(1) || (await listEvents(partitions, { count: 1 })).length > 0;
}

async function sendFirstSample(cli: CliConfig, partitions: Partitions, receiverUrl: string, say: Say) {
  const source = cli.sources.get('stripe');
  if (source === undefined) return;
  const url = `${receiverUrl}/webhooks/${source.name}`;
  say(`sending a signed Stripe sample (${SAMPLE}) to ${url}`);
  const endpoint = { provider: source.provider, secrets: source.secrets(), signedUrl: url };
  const answer = await post(url, sampleRequest(endpoint, { type: SAMPLE }, Date.now()));
  say(`answered ${answer.status} in ${Math.round(answer.ms)} ms: ${JSON.stringify(answer.body)}`);
  if (answer.id === undefined) return;
  const log = openEventLog(cli, partitions);
  const event = await followEvent(log, answer.id, PATIENCE_MS).finally(() => log.close());
  if (event !== undefined) say(`timeline: ${formatTimeline(event)}`);
}

/** Creates a job with the shipped definition and waits for its end. Own definitions may well have no such job. */
async function runFirstJob(url: string, apiKey: string, say: Say): Promise<void> {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ data: { hello: 'world' } });
  const created = await fetch(url, { method: 'POST', headers, body });
  if (created.status !== 201) return;
  const { id } = (await created.json()) as { id: string };
  say(`created a job: POST ${url} ${body}`);
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const job = (await (await fetch(`${url}/${id}`, { headers })).json()) as {
      status: string;
      updated: number;
      created: number;
    };
    if (job.status === 'succeeded' || job.status === 'failed')
      return say(`the job ${job.status} after ${job.updated - job.created} ms: GET ${url}/${id}`);
    await wait(50);
  }
}
