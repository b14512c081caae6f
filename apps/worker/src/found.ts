/** A definition as its module exports it, not yet looked at. */
export interface FoundDefinition {
  readonly file: string;
  readonly definition: unknown;
}

/** Everything a worker may be made of, as found. `problems` are files that could not be read. */
export interface FoundDefinitions {
  readonly handlers: readonly FoundDefinition[];
  readonly jobs: readonly FoundDefinition[];
  readonly schedules: readonly FoundDefinition[];
  readonly queues: FoundDefinition;
  readonly problems: readonly string[];
}
