import { defineWorkload, must } from '../kit.ts';

export default defineWorkload<typeof import('./solution.ts')>({
  traffic(random) {
    const sensors = Array.from({ length: 6 }, () => ({ name: random.name('capteur'), at: 1000 }));
    return {
      next() {
        const sensor = random.pick(sensors);
        sensor.at += random.integer(500, 1500);
        return { op: 'ingest', args: [sensor.name, sensor.at, random.integer(-40, 60)] };
      },
      verify: (_operation, reply: { stored: boolean }) => must(reply.stored, 'not-stored'),
    };
  },
});
