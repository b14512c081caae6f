/** What a proxy does to what passes through it. */
export type ProxyMode =
  | { readonly kind: 'pass' }
  /** Milliseconds, each direction. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** For each connection and direction. */
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number }
  /**
   * Requests pass; at the next reply the connection is destroyed before a byte of it goes through. For so many
   * connections, then `pass`; without a number, for all.
   */
  | { readonly kind: 'cutReplies'; readonly connections?: number }
  /** Swallows everything in both directions and closes nothing; leaving the mode destroys these connections. */
  | { readonly kind: 'halfOpen' }
  /** New connections are reset; those there are stay. */
  | { readonly kind: 'refuse' };
