/** Programs of a few bytes for boxes that should not be able to run them. */

/** The smallest x86_64 program: an ELF header, one segment, and this machine code. */
export function tinyProgram(code: string): Buffer {
  const header =
    '7f454c4602010100000000000000000002003e000100000078004000000000004000000000000000000000000000000000000000400038000100000000000000' +
    '01000000050000000000000000000000000040000000000000004000000000009400000000000000940000000000000000100000000000';
  return Buffer.concat([Buffer.from(`${header}00`, 'hex'), Buffer.from(code, 'hex')]);
}

/** exit(42) */
export const exits42 = tinyProgram('6a2a5f6a3c580f05');
