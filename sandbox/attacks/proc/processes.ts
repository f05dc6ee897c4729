// Lists the processes of the machine with their command lines → it sees its own
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(`
print(json.dumps([open('/proc/%s/cmdline' % name).read().replace('\\0', ' ') for name in os.listdir('/proc') if name.isdigit()]))`);
  return { effect: /launcher\.ts|attack\.ts|setpriv/.test(said), observed: said.slice(0, 160) };
});
