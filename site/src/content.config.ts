import { defineCollection } from 'astro:content';
import { glob } from 'astro/loaders';
import { z } from 'astro/zod';

/** The address of an entry is its path: folder names are the slugs. */
const byPath = ({ entry }: { entry: string }) => entry.replace(/\.mdx?$/, '');

export const collections = {
  course: defineCollection({
    loader: glob({ base: '../course', pattern: '[0-9]*/[0-9]*/*.mdx', generateId: byPath }),
    // What is missing is said in French by checks.ts, with the rest.
    schema: z.looseObject({ title: z.string().default('') }),
  }),
  labs: defineCollection({
    loader: glob({
      base: '../labs',
      pattern: '[0-9]*/lab.md',
      generateId: ({ entry }) => entry.replace(/\/lab\.md$/, ''),
    }),
    schema: z.looseObject({ title: z.string().default('') }),
  }),
};
