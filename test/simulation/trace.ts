/** What is kept of everything that happened: nothing, a running hash, the lines as well, or who is given each at once. */
export type TraceKind = 'none' | 'hash' | 'lines' | ((line: string) => void);

export interface Trace {
  /** The line is only made when something is kept of it. */
  note(line: () => string): void;
  /** FNV-1a, 32 bits. */
  hash(): string;
  readonly lines: readonly string[];
}

export function createTrace(kind: TraceKind): Trace {
  let hash = 0x811c9dc5;
  const lines: string[] = [];
  return {
    note(lineOf) {
      if (kind === 'none') return;
      const line = lineOf();
      for (let place = 0; place < line.length; place += 1) {
        hash = Math.imul(hash ^ line.charCodeAt(place), 0x01000193);
      }
      if (kind === 'lines') lines.push(line);
      else if (typeof kind === 'function') kind(line);
    },
    hash: () => (hash >>> 0).toString(16).padStart(8, '0'),
    lines,
  };
}
