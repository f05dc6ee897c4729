/** What every page runs: the custom elements, defined once; they live and die with the pages. */
export {};
