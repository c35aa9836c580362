/** What the command line may say to a bench; each takes its own of these. */
export interface BenchOptions {
  /** Milliseconds. */
  readonly work: number;
  /** As many as the scenario says unless given. */
  readonly files?: number | undefined;
  readonly rounds?: number | undefined;
  /** Of the file, which has holes in place of content. */
  readonly bytes?: number | undefined;
  /** A connection string with a key, or `azurite`. */
  readonly storage?: string | undefined;
  /** Milliseconds that one run may take. */
  readonly limit: number;
  readonly json: boolean;
  /** Directory for CPU profiles of the workers. */
  readonly profile?: string | undefined;
  readonly oneDirectory: boolean;
  /** File for a drawing. */
  readonly chart?: string | undefined;
}
