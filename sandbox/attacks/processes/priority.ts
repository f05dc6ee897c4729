// Gives itself a better priority and real-time scheduling, before everybody else on the machine → it gets neither
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(`
print(child(lambda: (tried(lambda: os.setpriority(os.PRIO_PROCESS, 0, -20)), tried(lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))), os.getpriority(os.PRIO_PROCESS, 0) < 0 or os.sched_getscheduler(0) != os.SCHED_OTHER)))`);
  return { effect: said.endsWith('True)'), observed: said.slice(0, 160) };
});
