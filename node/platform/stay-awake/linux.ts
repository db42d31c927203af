/** Linux: logind keeps the machine awake while `cat` waits for the end of its input (systemd-inhibit(1)). */
export const awakeOnLinux = [
  'systemd-inhibit',
  ['--what=idle:sleep', '--who=vadeio-node', '--why=It encodes video.', '--mode=block', 'cat'],
] as const;
