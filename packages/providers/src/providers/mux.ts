import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** Mux's envelope. */
export interface MuxPayload<Type extends string = string> {
  readonly type: Type;
  readonly id: string;
  /** ISO 8601. */
  readonly created_at?: string;
  readonly object?: { readonly type: string; readonly id: string } | null;
  readonly environment?: { readonly name: string; readonly id: string };
  readonly data: MuxObject;
  readonly [field: string]: unknown;
}

/** An asset, an upload, a live stream, … as Mux's API has it. */
export interface MuxObject {
  readonly id: string;
  readonly status?: string;
  readonly [field: string]: unknown;
}

export interface MuxEvents {
  [type: string]: MuxPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    mux: MuxEvents;
  }
}

/** Mux signs `{timestamp}.{body}`. */
const provider = defineProvider({
  name: 'mux',
  docs: 'https://www.mux.com/docs/core/verify-webhook-signatures',
  schemes: [
    hmacScheme({
      header: 'mux-signature',
      itemSeparator: ',',
      label: 'v1',
      content: '{timestamp}.{body}',
      timestamp: { at: { label: 't' }, unit: 's', toleranceSeconds: 300 },
    }),
  ],
  deliveryId: [{ body: ['id'] }],
  type: [{ body: ['type'] }],
  subject: [{ body: ['data', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '5 s; retries for 24 h, further and further apart',
  samples: {
    'video.asset.ready': { body: assetReady },
    'video.live_stream.active': { body: liveStreamActive },
  },
});

export default provider;

/** Mux's events: `mux('video.asset.ready')`, `mux('video.asset.*')`. */
export const mux = selectFrom(provider);

function assetReady(seed: SampleSeed) {
  const id = `${seed.unique}asset`;
  return event(seed, 'video.asset.ready', 'asset', {
    id,
    status: 'ready',
    created_at: String(seed.seconds),
    duration: 23.857,
    aspect_ratio: '16:9',
    max_stored_frame_rate: 29.97,
    playback_ids: [{ id: `${seed.unique}playback`, policy: 'public' }],
    tracks: [{ id: `${seed.unique}track`, type: 'video', max_width: 1920, max_height: 1080 }],
  });
}

function liveStreamActive(seed: SampleSeed) {
  return event(seed, 'video.live_stream.active', 'live', {
    id: `${seed.unique}live`,
    status: 'active',
    active_asset_id: `${seed.unique}asset`,
    playback_ids: [{ id: `${seed.unique}playback`, policy: 'public' }],
    reconnect_window: 60,
  });
}

function event({ uuid, iso }: SampleSeed, type: string, objectType: string, data: MuxObject) {
  return {
    type,
    id: uuid('event'),
    created_at: iso,
    object: { type: objectType, id: data.id },
    environment: { name: 'Production', id: 'engine1' },
    data,
    attempts: [],
    request_id: null,
    accessor: null,
    accessor_source: null,
  };
}
