// Has the Go compiler read a file of the machine and show it in its errors or in the program → it reads its own archives alone
import { attack } from '../attack.ts';

export default attack(async ({ go, secret }) => {
  const path = secret('the-secret');
  const said: string[] = [];
  for (const source of [
    `package main\n\n// #include "${path}"\nimport "C"\n\nfunc main() {}\n`,
    `package main\n\nimport _ "embed"\n\n//go:embed ${path}\nvar text string\n\nfunc main() { println(text) }\n`,
    `package main\n\nimport x "${path}"\n\nfunc main() { x.F() }\n`,
    `package main\n\n//line ${path}:1\nfunc main() { undefined() }\n`,
  ])
    said.push(
      await go(source).then(
        async (box) => `${box.stderr.read() ?? ''}`,
        (error: Error) => error.message,
      ),
    );
  return {
    effect: said.some((text) => text.includes('the-secret')),
    observed: said[0].split('\n')[0].slice(0, 100),
  };
});
