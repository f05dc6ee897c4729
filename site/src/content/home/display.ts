// Ce que « display » montre dans l'Atelier, en texte.
const named = <T>(series: T | Record<string, T>): [string, T][] =>
  Array.isArray(series) ? [['', series]] : Object.entries(series as Record<string, T>);
const titled = (options?: { title?: string }) => options?.title && console.log(options.title);

Object.assign(globalThis, {
  display: Object.assign((value: unknown) => console.log(value), {
    table(rows: unknown[], options?: { title?: string; columns?: string[] }) {
      titled(options);
      console.table(rows);
    },
    plot(series: number[][] | Record<string, number[][]>, options?: { title?: string }) {
      titled(options);
      for (const [name, points] of named(series)) console.log(name, points);
    },
    histogram(values: number[] | Record<string, number[]>, options?: { title?: string; unit?: string }) {
      titled(options);
      for (const [name, numbers] of named<number[]>(values)) {
        const sorted = numbers.toSorted((a, b) => a - b);
        const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]?.toFixed(3);
        console.log(`${name} p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)} ${options?.unit ?? 'ms'}`);
      }
    },
    markdown: (text: unknown) => console.log(text),
    image: (_data: unknown, options?: { alternative?: string }) =>
      console.log(`[${options?.alternative ?? 'image'}]`),
  }),
});
