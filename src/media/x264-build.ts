const MARK = 'x264 - core ';

/**
 * The build number in the text that x264 leaves in its first packet (an SEI message: `x264 - core 164 r3095 …`), or
 * null. FFmpeg's H.264 decoder works around the bugs of old builds by it, and a decoder that starts in the middle of
 * the stream has to be told, else it decodes silently wrong.
 */
export function x264BuildOf(packet: Uint8Array): number | null {
  const start = indexOfText(packet, MARK);
  if (start === -1) return null;
  let digits = '';
  for (let at = start + MARK.length; at < packet.length; at++) {
    const byte = packet[at] as number;
    if (byte < 0x30 || byte > 0x39) break;
    digits += String.fromCharCode(byte);
  }
  if (digits === '') return null;
  // Builds of 2008 that were made without version control call themselves `0000`; FFmpeg takes them for build 67.
  return digits.startsWith('0000') ? 67 : Number(digits);
}

function indexOfText(bytes: Uint8Array, text: string): number {
  const first = text.charCodeAt(0);
  for (let at = bytes.indexOf(first); at !== -1; at = bytes.indexOf(first, at + 1)) {
    let matched = 1;
    while (matched < text.length && bytes[at + matched] === text.charCodeAt(matched)) matched++;
    if (matched === text.length) return at;
  }
  return -1;
}
