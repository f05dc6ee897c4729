// Opens descriptors without end → no more than its limit
import { attack } from '../attack.ts';

export default attack(async ({ python }) => {
  const said = await python(`
def hoard():
    opened = []
    try:
        while len(opened) < 20000: opened.append(os.open('/dev/null', os.O_RDONLY))
    except OSError: pass
    return len(opened)
print(child(hoard))`);
  return { effect: Number(said) > 1100, observed: `${said} descriptors` };
});
