/**
 * A pass as x264 and x265 number them: 1 is the first, 2 the last, 3 any between, which reads what was found and
 * writes it anew.
 */
export function nthPass(pass: number, passes: number): string {
  if (pass === 1) return '1';
  return pass === passes ? '2' : '3';
}
