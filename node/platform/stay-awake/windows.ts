/**
 * Windows: the state ES_CONTINUOUS | ES_SYSTEM_REQUIRED belongs to the thread that sets it, and ends with it
 * (SetThreadExecutionState in winbase.h).
 */
const SCRIPT = [
  `$member = '[DllImport("kernel32.dll")] public static extern uint SetThreadExecutionState(uint state);'`,
  '$power = Add-Type -MemberDefinition $member -Name Power -Namespace Vadeio -PassThru',
  '[void]$power::SetThreadExecutionState(2147483649)',
  '[void][Console]::In.ReadToEnd()',
].join('; ');

export const awakeOnWindows = [
  'powershell.exe',
  ['-NoProfile', '-NonInteractive', '-Command', SCRIPT],
] as const;
