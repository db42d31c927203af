/** macOS: no idle sleep while `cat` waits for the end of its input (caffeinate(8)). */
export const awakeOnMacos = ['caffeinate', ['-i', '/bin/cat']] as const;
