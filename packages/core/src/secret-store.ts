/** Where secrets are kept that providers bring themselves, for all receivers and across restarts. */
export interface SecretStore {
  /** @returns the secrets kept for a source, the newest first */
  read(source: string): Promise<readonly string[]>;
  /** Resolves when it is recorded. */
  keep(source: string, secret: string): Promise<void>;
}
