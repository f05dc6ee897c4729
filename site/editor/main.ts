/**
 * The editor's entry. Monaco reads its French strings as its modules are evaluated: they must be there
 * first, whatever order a bundler gives to the chunks of one import.
 */
import 'monaco-editor/nls/lang/fr.js';
import type { Bundle } from './bundle.ts';

export type { Bundle };

/** Prepares Monaco; called once. */
export async function open(): Promise<Bundle> {
  const { open: prepare } = await import('./bundle.ts');
  return prepare();
}
