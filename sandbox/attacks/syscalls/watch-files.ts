// Watches the files that all boxes share by fanotify, to know what neighbours open → nothing is watched
import { attack } from '../attack.ts';
import { numberOf } from '../python.ts';

export default attack(async ({ python }) => {
  const said = await python(`print(child(lambda: call(${numberOf('fanotify_init')}, 0x0200, 0)))`);
  return { effect: Number(said) >= 0, observed: said };
});
