/** Two texts, line by line: what to take out of one and to put in to make the other. */

/** One line of a difference. */
export interface Line {
  kind: 'same' | 'out' | 'in';
  text: string;
}

/** The shortest line difference (longest common subsequence). */
export function difference(before: string, after: string): Line[] {
  const a = before.split('\n');
  const b = after.split('\n');
  const common = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i][j] = a[i] === b[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  const lines: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i] });
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && common[i + 1][j] >= common[i][j + 1])) {
      lines.push({ kind: 'out', text: a[i++] });
    } else {
      lines.push({ kind: 'in', text: b[j++] });
    }
  }
  return lines;
}
