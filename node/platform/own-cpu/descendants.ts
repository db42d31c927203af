/** Processes that a process started, and those that they started, by who started whom. */
export function descendantsOf(pid: number, all: ReadonlyMap<number, { readonly parent: number }>): number[] {
  const childrenOf = new Map<number, number[]>();
  for (const [child, { parent }] of all) childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), child]);
  const found = new Set(childrenOf.get(pid) ?? []);
  // It grows while it is read. Numbers of ended processes are given again, so two may seem to have started each other.
  for (const child of found)
    for (const next of childrenOf.get(child) ?? []) if (next !== pid) found.add(next);
  return [...found];
}
