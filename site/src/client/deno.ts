/** TypeScript as Deno reads it: packages of npm are named as such. Exports and the browser share it. */
const redisClient = 'npm:ioredis@6.0.0';

/** A cell for Deno's kernel. */
export const forDeno = (code: string) =>
  code.replaceAll(/(from\s+|import\s*\(\s*)(['"])ioredis\2/g, `$1$2${redisClient}$2`);
