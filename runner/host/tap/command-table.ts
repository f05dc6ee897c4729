/** What the server's COMMAND says of one command or subcommand. */
export interface CommandSpec {
  /** Upper case: `GET`, `XGROUP CREATE`. */
  readonly name: string;
  readonly flags: ReadonlySet<string>;
  /** Whether it has arguments that are keys. */
  readonly keyed: boolean;
  /** Whether it may change one of them. */
  readonly writes: boolean;
  /** Whether its second word is part of its name. */
  readonly container: boolean;
}

/** The commands of one server version: names and where their keys are. */
export interface CommandTable {
  /** The spec for an upper-case name and, for a container, its upper-case subcommand. */
  find(name: string, subcommand?: string): CommandSpec | null;
  /** The keys among the arguments (name included), with what the command may do to each. */
  keys(spec: CommandSpec, words: readonly Buffer[]): { key: Buffer; writes: boolean }[];
}
