/** What a daemon said, and when. */
export interface LogEntry {
  /** UTC, as ISO 8601 with milliseconds. */
  readonly time: string;
  readonly text: string;
}

/** An entry is a line, whatever its text holds. */
export function toLogLine({ time, text }: LogEntry): string {
  return `${time} ${text.replaceAll(/\s*\n\s*/g, ' / ')}\n`;
}

/** None for a line that a crash tore, or that is none of ours. */
export function parseLogLine(line: string): LogEntry[] {
  const [, time, text] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (.*)$/.exec(line) ?? [];
  return time === undefined || text === undefined ? [] : [{ time, text }];
}
