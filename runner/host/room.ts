import type { HostEvent, HostRequest } from './protocol.ts';

/** What a host does with what it is asked: learners' cells, or attempts. */
export interface Room {
  ask(request: HostRequest): Promise<void>;
  readonly sessions: number;
  readonly instances: number;
  /** Ends everything that the server asked for. */
  clear(): Promise<void>;
}

/** The way back to the server. */
export interface Line {
  /** False when the server does not read fast enough. */
  readonly tell: (event: HostEvent) => boolean;
  /** Resolves when it has caught up. */
  readonly drained: () => Promise<void>;
}

/** A request that a host cannot take; `code` is translated by the server. */
export class RequestError extends Error {
  override name = 'RequestError';
  readonly code: string;
  readonly data: Record<string, number>;
  constructor(code: string, data: Record<string, number> = {}) {
    super(code);
    this.code = code;
    this.data = data;
  }
}
