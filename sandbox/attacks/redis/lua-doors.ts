// Leaves Lua by os, io, package, loadfile, debug or the bytecode loader → a script has none of them
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { learner } = await redis();
  const found: string[] = [];
  for (const name of [
    'os.execute',
    'io.open',
    'package.loadlib',
    'require',
    'loadfile',
    'dofile',
    'debug.getregistry',
  ])
    if (
      (await learner
        .eval(`local ok, value = pcall(function() return ${name} end) return ok and type(value) or 'nil'`, 0)
        .catch(() => 'nil')) !== 'nil'
    )
      found.push(name);
  const bytecode = await learner
    .eval("local f = loadstring(string.dump(function() return 'ran' end)) return f and f() or 'refused'", 0)
    .catch((error: Error) => error.message);
  return {
    effect: found.length > 0 || bytecode === 'ran',
    observed: `${found.join(' ') || 'none'}; bytecode: ${String(bytecode).slice(0, 60)}`,
  };
});
