/** French typography that a keyboard does not give. */

/** Makes the spaces that French sets before `: ; ! ? »` and after `«` non-breaking. */
export function spaced(text: string): string {
  return text.replaceAll(/ (?=[:;!?»%€])/g, '\u00a0').replaceAll(/« /g, '«\u00a0');
}
