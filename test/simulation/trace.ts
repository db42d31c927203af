/** A running hash (FNV-1a, 32 bits) of everything that happened, and the lines themselves when asked for. */
export interface Trace {
  note(line: string): void;
  hash(): string;
  readonly lines: readonly string[];
}

export function createTrace(isKept: boolean): Trace {
  let hash = 0x811c9dc5;
  const lines: string[] = [];
  return {
    note(line) {
      for (let place = 0; place < line.length; place += 1) {
        hash = Math.imul(hash ^ line.charCodeAt(place), 0x01000193);
      }
      if (isKept) lines.push(line);
    },
    hash: () => (hash >>> 0).toString(16).padStart(8, '0'),
    lines,
  };
}
