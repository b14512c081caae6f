import { startProxy, type ProxyMode, type TcpProxy } from './tcp-proxy.ts';

/** The network between the product's processes and the servers: one proxy in front of each. */
export interface Proxies {
  /** Puts one in front of the server on this port. @returns the port of the proxy */
  inFrontOf(port: number): Promise<number>;
  /** The one in front of a server. @throws Error when there is none */
  of(server: { readonly port: number }): TcpProxy;
  /** The same of all of them. */
  set(mode: ProxyMode): void;
  cut(): void;
  vanish(): void;
  /** What clients have sent through any of them. */
  bytesIn(): number;
  stop(): Promise<void>;
}

export function openProxies(): Proxies {
  const proxies = new Map<number, TcpProxy>();
  const all = (): TcpProxy[] => [...proxies.values()];
  return {
    async inFrontOf(port) {
      const proxy = await startProxy(port);
      proxies.set(port, proxy);
      return proxy.port;
    },
    of({ port }) {
      const proxy = proxies.get(port);
      if (proxy === undefined) throw new Error(`nothing stands in front of the Redis on port ${port}`);
      return proxy;
    },
    set(mode) {
      for (const proxy of all()) proxy.set(mode);
    },
    cut() {
      for (const proxy of all()) proxy.cut();
    },
    vanish() {
      for (const proxy of all()) proxy.vanish();
    },
    bytesIn: () => all().reduce((sum, proxy) => sum + proxy.counts().bytesIn, 0),
    async stop() {
      await Promise.all(all().map((proxy) => proxy.stop()));
    },
  };
}
