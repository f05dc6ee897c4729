/** What the tap adds to a command, as the tap's own bench measures it. */
import { benchTap } from '../host/tap/tap.bench.ts';
import { single, type Figure } from './figure.ts';

/** The tap's price, on a real instance, in alternating blocks of one run. */
export async function benchTheTap(): Promise<Figure[]> {
  const { direct, tap, addedP50 } = await benchTap();
  return [
    single('GET on a direct connection', 'µs', direct.p50),
    {
      ...single('the same through the tap', 'µs', tap.p50),
      ratio: { to: 'of the direct time', value: tap.p50 / direct.p50 },
    },
    single('the tap adds to the p50 of a GET', 'µs', addedP50, 50),
  ];
}
