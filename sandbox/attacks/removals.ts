/** How to take each wall away, as edits of the sources that build it. */

export interface Removal {
  /** What is gone. */
  what: string;
  edits: [file: string, from: string, to: string][];
  /** The attacks to play: folders or names. */
  attacks: string[];
}

export const removals: Record<string, Removal> = {
  seccomp: {
    what: 'the system call filter',
    edits: [
      [
        'sandbox/seccomp.ts',
        '  const at = column[machine];',
        '  if (machine) return [[answer, 0, 0, allow]];\n  const at = column[machine];',
      ],
    ],
    attacks: ['syscalls', 'neighbours', 'files'],
  },
};
