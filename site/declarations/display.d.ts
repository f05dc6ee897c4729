/** Des points `[x, y]`, ou des valeurs dont x est le rang. */
type AtelierSeries = readonly number[] | readonly (readonly [x: number, y: number])[];

/** Montre une valeur sous la cellule : un objet se déplie, un tableau d'objets devient une table. */
declare const display: {
  (value: unknown): void;
  /** Une table, que l'on trie d'un clic sur ses titres. */
  table(rows: readonly unknown[], options?: { title?: string; columns?: string[] }): void;
  /** Une ou plusieurs courbes, par nom. */
  plot(
    series: AtelierSeries | Record<string, AtelierSeries>,
    options?: { title?: string; x?: string; y?: string },
  ): void;
  /** La répartition de mesures ; en millisecondes, sauf si `unit` dit autre chose. */
  histogram(
    values: readonly number[] | Record<string, readonly number[]>,
    options?: { title?: string; unit?: string },
  ): void;
  /** Un texte en Markdown. */
  markdown(text: unknown): void;
  /** Une image, en octets ou en base64 ; `alternative` dit ce qu'elle montre à qui ne la voit pas. */
  image(data: Uint8Array | string, options?: { type?: string; alternative?: string }): void;
};
