/** Numbers as people read them. Every unit stands behind its number. */

/** Bytes in powers of ten, three digits: `25.3 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  if (unit === 0) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  return `${value >= 99.95 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

/** Two units at most: `7.3 s`, `2 min 05 s`, `1 h 02 min`, `3 d 04 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
  const hours = Math.round(seconds / 3600);
  return `${Math.floor(hours / 24)} d ${pad(hours % 24)} h`;
}

/** A place in a film as players show it: `1:02:03`, `2:05.48`, hundredths only where there are any. */
export function formatClock(seconds: number): string {
  const hundredths = Math.round(seconds * 100);
  const [hours, minutes] = [Math.floor(hundredths / 360_000), Math.floor(hundredths / 6000) % 60];
  const rest = (hundredths % 6000) / 100;
  const shown = Number.isInteger(rest) ? pad(rest) : rest.toFixed(2).padStart(5, '0');
  return hours === 0 ? `${minutes}:${shown}` : `${hours}:${pad(minutes)}:${shown}`;
}

/** Frames per second: `24.6 frames/s`. */
export function formatRate(framesPerSecond: number): string {
  return `${framesPerSecond.toFixed(framesPerSecond >= 100 ? 0 : 1)} frames/s`;
}

/** A share, rounded: but only what is finished is 100 %. */
export function formatPercent(share: number): string {
  const percent = Math.round(share * 1000) / 10;
  return `${(share < 1 ? Math.min(percent, 99.9) : percent).toFixed(1)} %`;
}

/** `1 frame`, `2 frames`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
