import { execa } from 'execa';

/** macOS: the first line of `pmset -g batt` names where the power comes from. */
export async function isOnBatteryMacos(): Promise<boolean> {
  const { stdout } = await execa({ reject: false, stdin: 'ignore' })`pmset -g batt`;
  return String(stdout ?? '').includes("'Battery Power'");
}
