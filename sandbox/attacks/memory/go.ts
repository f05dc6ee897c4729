// A compiled Go program fills memory → its box ends within the limit
import { usedMemory } from '../outside.ts';
import { attack } from '../attack.ts';

export default attack(async ({ go }) => {
  const bomb = await go(`package main

func main() {
	all := [][]byte{}
	for {
		part := make([]byte, 8<<20)
		for at := range part {
			part[at] = 1
		}
		all = append(all, part)
	}
}
`);
  const mib = await usedMemory(bomb, bomb.exited);
  const { reason } = await bomb.exited;
  return { effect: mib > 140, observed: `${mib} MiB, then ${reason}` };
});
