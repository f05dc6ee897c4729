/** What the tap adds to a command, as the tap's own bench measures it. */
import { benchTap } from '../host/tap/tap.bench.ts';
import { single, type Figure } from './figure.ts';

/** The tap's price, on a real instance, in alternating blocks of one run. */
export async function benchTheTap(): Promise<Figure[]> {
  const { direct, tap, bare, tapAdds, bareAdds } = await benchTap();
  return [
    single('GET on a direct connection', 'µs', direct.p50),
    {
      ...single('the same through the tap', 'µs', tap.p50),
      ratio: { to: 'of the time through a relay that reads nothing', value: tap.p50 / bare.p50 },
    },
    single('the tap adds to the p50 of a GET', 'µs', tapAdds, 50),
    single('a relay that reads nothing adds', 'µs', bareAdds),
  ];
}
