/** Pour les essais : un câble devant Redis, que l'on coupe juste après que Redis a exécuté, ou que l'on débranche. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Un câble. */
export interface Relay {
  url: string;
  /** Les `count` prochaines réponses n'arriveront pas : la connexion se coupe à leur place. */
  cutReplies(count: number): void;
  /** Combien de commandes ou de salves sont parties vers Redis. */
  sent(): number;
  stop(): void;
}

/** Ouvre un câble vers le Redis d'une adresse. */
export async function startRelay(url: string): Promise<Relay> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let [cuts, sent] = [0, 0];
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const close = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', close);
    }
    near.on('data', (bytes) => {
      sent++;
      far.write(bytes);
    });
    far.on('data', (bytes) => {
      // Une réponse de commande : un entier ou un tableau. Les politesses de connexion commencent autrement.
      if (cuts === 0 || !/^[:*]/.test(bytes.toString())) near.write(bytes);
      else {
        cuts--;
        close();
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `redis://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    cutReplies: (count) => void (cuts = count),
    sent: () => sent,
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
