/**
 * The way into a tap, shut for a while: connections are refused by the kernel itself (ECONNREFUSED).
 *
 * Theory of operation. The listening socket is the box's: closed, it is lost, since nobody but the box can
 * bind that port of its own loopback again. shutdown(2) makes a listening socket refuse and keep its port,
 * and listen(2) opens it again, but Node has no name for the first. So a small Python program (setup
 * asks for one anyway) holds the socket meanwhile, and hands it back the way a box hands it over.
 */
import { spawn } from 'node:child_process';
import { Server } from 'node:net';
import { fileURLToPath } from 'node:url';

const interpreter = '/usr/bin/python3';
const program = fileURLToPath(new URL('doorkeeper.py', import.meta.url));

/** A way in that is shut. */
export interface ShutDoor {
  /** Lets connections in again; resolves to the listening socket. */
  open(): Promise<Server>;
  /** Gives the way in up: it is refused for good. */
  drop(): void;
}

/** Shuts a listening socket and closes this process's copy; rejects, and leaves it alone, when nobody can. */
export async function shutDoor(listener: Server): Promise<ShutDoor> {
  const keeper = spawn(interpreter, ['-I', '-S', program], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: {},
    cwd: '/',
  });
  const says = (word: string): Promise<Server | undefined> =>
    new Promise((resolve, reject) => {
      if (!keeper.connected) reject(new Error('the keeper of a door is gone'));
      keeper.once('error', reject);
      keeper.once('exit', (code) => reject(new Error(`the keeper of a door ended with ${code}`)));
      keeper.on('message', (said, handle) => {
        if (said === word) resolve(handle instanceof Server ? handle : undefined);
      });
    });
  try {
    const shut = says('shut');
    keeper.send('shut', listener);
    await shut;
  } catch (error) {
    keeper.kill('SIGKILL');
    throw error;
  }
  listener.close();
  return {
    async open() {
      const opened = says('open');
      keeper.send('open');
      const server = await opened;
      if (!server) throw new Error('the keeper of a door gave nothing back');
      return server;
    },
    drop: () => void keeper.kill('SIGKILL'),
  };
}
