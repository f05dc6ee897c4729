/*
 * Types alone, and no import: an editor can take this text, without its `export`s, and add
 * `declare const display: DisplayFunction;` to what it knows of a cell.
 */

/** The `display` of a cell: shows a value richly, at once. */
export interface DisplayFunction {
  /** Shows a value as the last expression of a cell would be. */
  (value: unknown): void;
  /** Rows as objects or as arrays. */
  table(rows: readonly unknown[], options?: { title?: string; columns?: string[] }): void;
  /** Curves: points `[x, y]`, or values whose x is their rank; one series or several by name. */
  plot(series: Series | Record<string, Series>, options?: { title?: string; x?: string; y?: string }): void;
  /** How values are spread; milliseconds unless `unit` says otherwise. */
  histogram(
    values: readonly number[] | Record<string, readonly number[]>,
    options?: { title?: string; unit?: string },
  ): void;
  markdown(text: unknown): void;
  /** An image as bytes or base64. `alternative` says what it shows to who cannot see it. */
  image(data: Uint8Array | string, options?: { type?: string; alternative?: string }): void;
}

/** Points, or values whose x is their rank. */
export type Series = readonly number[] | readonly (readonly [number, number])[];
