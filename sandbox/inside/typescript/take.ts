/**
 * What an import statement of a cell becomes: the module, once it is known to export what is asked
 * for. Its errors point at the statement, which the loader's own do not.
 */
export async function take(
  loading: Promise<Record<string, unknown>>,
  from: string,
  ...keys: string[]
): Promise<object> {
  const here = new Error('import');
  try {
    const module = await loading;
    const missing = keys.find((key) => !(key in module));
    if (missing === undefined) return module;
    throw new SyntaxError(`The requested module '${from}' does not provide an export named '${missing}'`);
  } catch (error) {
    if (error instanceof Error)
      error.stack = `${error.name}: ${error.message}${here.stack?.slice('Error: import'.length)}`;
    throw error;
  }
}
