/** The WebSocket's door: who may open one, how many, and how fast they may speak. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { Atelier } from './atelier.ts';
import { listen, refuse } from './conversation.ts';
import { tokenIn } from './learner.ts';
import { foreign, type Names } from './origin.ts';
import { Page } from './pages.ts';
import { Rate } from './rate.ts';
import { french } from './texts/fr.ts';

/** What is read at all: enough to answer an oversized message with a sentence, and no more. */
const MAX_FRAME = 2 * 1024 * 1024;
const PING_MS = 30_000;
/** Messages that wait to be understood, beyond which a page is not read. */
const MAX_PENDING = 64;

/** Gives every page of this server its WebSocket; returns what ends them all. */
export function openSockets(atelier: Atelier, server: Server, names: () => Names): () => void {
  const { limits } = atelier.config;
  const rate = new Rate(limits.messagesAtOnce, limits.messagesPerSecond);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME, clientTracking: true });
  const alive = new WeakSet<WebSocket>();
  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refused = foreign(names(), request.headers);
    if (refused !== null) return turnAway(socket, 403, refused);
    if (!/^\/ws(\?|$)/.test(request.url ?? '')) return turnAway(socket, 404, 'not-found');
    const learner = await atelier.learners.find(tokenIn(request.headers.cookie));
    if (learner === null) return turnAway(socket, 401, 'no-learner');
    if (
      atelier.pages.count >= limits.connections ||
      atelier.pages.of(learner).size >= limits.connectionsPerLearner
    ) {
      return turnAway(socket, 429, 'too-many-connections');
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => begin(webSocket, learner));
  };

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    upgrade(request, socket, head).catch((error: unknown) => {
      atelier.metrics.failed(error);
      socket.destroy();
    });
  });

  const heartbeat = setInterval(() => {
    for (const socket of sockets.clients) {
      if (!alive.delete(socket)) socket.terminate();
      else socket.ping();
    }
  }, PING_MS);

  return () => {
    clearInterval(heartbeat);
    for (const socket of sockets.clients) socket.close(1001, 'stopping');
    setTimeout(() => {
      for (const socket of sockets.clients) socket.terminate();
    }, 500).unref();
  };

  function begin(socket: WebSocket, learner: string): void {
    const page = new Page(socket, learner, limits);
    atelier.pages.add(page);
    alive.add(socket);
    let pending = 0;
    let last = Promise.resolve();
    socket.on('pong', () => alive.add(socket));
    socket.on('error', (error) => atelier.log.debug({ err: error }, 'a page’s socket failed'));
    socket.on('close', () => {
      atelier.pages.remove(page);
      atelier.terminals.leave(page);
      atelier.explorer.leave(page);
    });
    socket.on('message', (data: RawData, binary: boolean) => {
      alive.add(socket);
      if (binary) return refuse(atelier, page, 'not-a-message');
      if (!rate.take(learner)) return refuse(atelier, page, 'too-many-messages');
      pending += 1;
      if (pending > MAX_PENDING) socket.pause();
      last = last
        .then(() => listen(atelier, page, textOf(data)))
        .catch((error: unknown) => atelier.metrics.failed(error))
        .finally(() => {
          pending -= 1;
          if (pending <= MAX_PENDING && socket.isPaused) socket.resume();
        });
    });
    page.send(atelier.welcome(learner));
  }

  function turnAway(socket: Duplex, status: number, code: string): void {
    atelier.metrics.refused(code);
    const body = JSON.stringify({ message: french(code) });
    socket.end(
      `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString();
}
