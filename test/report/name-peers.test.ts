import { expect, test } from 'vitest';
import { namePeers } from '../../src/report/name-peers.ts';

const NAS = '12D3KooWE1rTAux8jahYPkjfU5E4ddpkrTiu2v8RSZpSqDc7b6kY';
const DESK = '12D3KooWD6TXSJEoMvgSAQPpeRdRxHiNxF4FiCnGu7vRyvbmwSFw';
const NAMES = new Map([
  [NAS, 'nas'],
  [DESK, 'desktop'],
]);

test('peers are named, and paths stay what they are', () => {
  const words = `it failed 2 times, on ${NAS}, ${DESK}: Could not write /work/${NAS}-1.slice.`;
  expect(namePeers(words, (peer) => NAMES.get(peer) ?? peer)).toBe(
    `it failed 2 times, on nas, desktop: Could not write /work/${NAS}-1.slice.`,
  );
});
