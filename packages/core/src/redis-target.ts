/** A Redis that can be connected to. */
export type RedisTarget = RedisAccess &
  (
    | {
        readonly kind: 'url';
        /** May hold a user and a password itself. */
        readonly url: string;
      }
    | { readonly kind: 'cluster'; readonly nodes: readonly RedisNode[] }
    | {
        readonly kind: 'sentinel';
        readonly sentinels: readonly RedisNode[];
        readonly name: string;
        /** Who we are to the sentinels, which have users of their own. */
        readonly sentinelLogin?: RedisLogin;
        readonly sentinelTls?: RedisTls;
      }
  );

/** How we are let in, beside what a URL says of it. */
export interface RedisAccess {
  readonly login?: RedisLogin;
  readonly tls?: RedisTls;
}

export interface RedisLogin {
  readonly username?: string;
  readonly password: string;
}

/** TLS is spoken where there is one. */
export interface RedisTls {
  /** Certificates of the authorities that are trusted, as PEM, instead of the public ones. */
  readonly ca?: string;
}

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}
