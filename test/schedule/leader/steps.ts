/**
 * Counts the steps of a computation: items visited by any iteration, and look-ups and changes of any map or set. A rule
 * that walks all chunks is found however it is written.
 */
export function countSteps(run: () => void): number {
  let steps = 0;
  const undo: (() => void)[] = [];
  const count = (owner: object, method: PropertyKey, stepsOf: (of: unknown) => number = () => 1) => {
    const original = Reflect.get(owner, method) as (...args: unknown[]) => unknown;
    Reflect.set(owner, method, function (this: unknown, ...args: unknown[]) {
      steps += stepsOf(this);
      return original.apply(this, args);
    });
    undo.push(() => Reflect.set(owner, method, original));
  };
  for (const iterator of [[].values(), new Map().values(), new Set().values()]) {
    count(Object.getPrototypeOf(iterator), 'next');
  }
  for (const method of ['get', 'set', 'has', 'delete']) count(Map.prototype, method);
  for (const method of ['add', 'has', 'delete']) count(Set.prototype, method);
  for (const owner of [Map.prototype, Set.prototype]) {
    count(owner, 'forEach', (of) => (of instanceof Map || of instanceof Set ? of.size : 0));
  }
  try {
    run();
  } finally {
    for (const restore of undo) restore();
  }
  return steps;
}
