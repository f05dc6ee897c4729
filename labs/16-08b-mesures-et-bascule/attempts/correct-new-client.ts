// passed
// Un client neuf à chaque échec : il redemande forcément aux sentinelles où est le primaire.
import { Redis } from 'ioredis';

const connect = () => {
  const client = new Redis({
    sentinels: [26379, 26380, 26381].map((port) => ({ host: '127.0.0.1', port })),
    name: 'primaire',
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
    commandTimeout: 2500,
    connectTimeout: 900,
  });
  client.on('error', () => {});
  return client;
};
let redis = connect();

async function stubborn<Value>(act: (client: Redis) => Promise<Value>): Promise<Value | undefined> {
  for (const end = Date.now() + 13_000; Date.now() < end; ) {
    try {
      return await act(redis);
    } catch {
      redis.disconnect();
      await new Promise((done) => setTimeout(done, 150));
      redis = connect();
    }
  }
  return undefined;
}

export async function ingest(sensor: string, at: number, value: number) {
  const copies = await stubborn(async (client) => {
    await client.zadd(sensor, at, `${at}:${value}`);
    return client.wait(1, 1500);
  });
  return { stored: copies !== undefined && copies > 0 };
}

export async function read(sensor: string) {
  const lines = (await stubborn((client) => client.zrange(sensor, 0, -1))) ?? [];
  return lines.map((line) => ({ at: Number(line.split(':')[0]), value: Number(line.split(':')[1]) }));
}
