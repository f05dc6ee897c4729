// Reads its own environment → no variable of the machine's is in it
import { attack } from '../attack.ts';

export default attack(async ({ typescript }) => {
  const said = await typescript('console.log(JSON.stringify(process.env))');
  const names = Object.keys(JSON.parse(said)).filter(
    (name) => name in process.env && process.env[name] === JSON.parse(said)[name] && name !== 'PATH',
  );
  return { effect: names.length > 0, observed: said };
});
