export async function controls(_walls: string[], _json: boolean): Promise<number> {
  return 1;
}
