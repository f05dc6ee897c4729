/** An error Redis itself would answer, which the tap answers in its place. */
export type Refusal = 'LOADING' | 'READONLY' | 'OOM' | 'NOAUTH' | 'BUSY';

/**
 * One fault of the wire. `at` and `times` count the commands that name keys (a transaction counts
 * once, at its EXEC), from 1 and from the moment the fault is set; the handshake of a client never
 * counts. `times: null` means until the fault is lifted.
 */
export type Fault =
  /** The connection ends: `before` the server has the command, `after` it executed it, or in the middle of its reply. */
  | { kind: 'cut'; when: 'before' | 'after' | 'half-reply'; at: number; times: number | null }
  /** New connections are reset as soon as they are made, and the present ones are ended. */
  | { kind: 'refuse' }
  /** From the `at`-th command on, nothing reaches the server for `ms` (null: until lifted); then everything goes on. */
  | { kind: 'stall'; at: number; ms: number | null }
  /** The tap answers `refusal` to the commands that a server in that state would refuse; `at` counts those. */
  | { kind: 'answer'; refusal: Refusal; at: number; times: number | null };
