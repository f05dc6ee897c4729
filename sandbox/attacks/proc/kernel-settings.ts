// Opens any setting of the machine's kernel for writing → not one is opened
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(`
opened = []
for folder, _, names in os.walk('/proc/sys'):
    # Those of its own namespaces are its own.
    if folder.startswith('/proc/sys/net') or folder.startswith('/proc/sys/user'): continue
    for name in set(names) - {'ns_last_pid'}:
        try:
            os.close(os.open(os.path.join(folder, name), os.O_WRONLY)); opened.append(os.path.join(folder, name))
        except OSError: pass
for path in ('/proc/sysrq-trigger', '/proc/irq/default_smp_affinity', '/proc/timer_list'):
    try:
        os.close(os.open(path, os.O_WRONLY)); opened.append(path)
    except OSError: pass
print(len(opened), opened[:3])`);
  return { effect: !said.startsWith('0 '), observed: `${said} opened for writing` };
});
