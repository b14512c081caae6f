import type { Logger } from '@hookline/core';

/** A log that says these fields with everything. One for each attempt: four functions of its own would be four to throw away. */
export class FieldLogger implements Logger {
  readonly #log: Logger;
  readonly #fields: Record<string, unknown>;

  constructor(log: Logger, fields: Record<string, unknown>) {
    this.#log = log;
    this.#fields = fields;
  }

  debug(message: string, more?: Record<string, unknown>): void {
    this.#log.debug(message, { ...this.#fields, ...more });
  }

  info(message: string, more?: Record<string, unknown>): void {
    this.#log.info(message, { ...this.#fields, ...more });
  }

  warn(message: string, more?: Record<string, unknown>): void {
    this.#log.warn(message, { ...this.#fields, ...more });
  }

  error(message: string, more?: Record<string, unknown>): void {
    this.#log.error(message, { ...this.#fields, ...more });
  }
}
