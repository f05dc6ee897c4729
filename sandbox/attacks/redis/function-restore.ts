// Has the server read a library of functions made by hand: FUNCTION RESTORE → it reads none
import { attack } from '../attack.ts';

export default attack(async ({ redis }) => {
  const { learner, admin } = await redis();
  await admin.call(
    'FUNCTION',
    'LOAD',
    "#!lua name=mine\nredis.register_function('f', function() return 1 end)",
  );
  const payload = await admin.callBuffer('FUNCTION', 'DUMP');
  await admin.call('FUNCTION', 'FLUSH');
  const said = await learner
    .call('FUNCTION', 'RESTORE', payload as Buffer)
    .then(String, (error: Error) => error.message);
  const libraries = (await admin.call('FUNCTION', 'LIST')) as unknown[];
  return { effect: libraries.length > 0, observed: said };
});
