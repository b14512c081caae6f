/** A Redis that can be connected to. */
export type RedisTarget =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'cluster'; readonly nodes: readonly RedisNode[] }
  | { readonly kind: 'sentinel'; readonly sentinels: readonly RedisNode[]; readonly name: string };

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/**
 * What the environment says about Redis. `embedded` is the one that `npm start` runs: its address is in `file`,
 * because it changes from start to start.
 */
export type RedisSetting = RedisTarget | { readonly kind: 'embedded'; readonly file: string };
