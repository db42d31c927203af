import { expect, test } from 'vitest';
import { DEFAULT_PORT, formatHostPort, parsePeerAddress } from '../../src/mesh/peer-address.ts';

const ID = '12D3KooWGRUtYUnu5hZtNDdMvUwBxNFsgbwQj6nfvBcmZT8nz3Bq';

test('every way to name a peer is read', () => {
  const read: Record<string, unknown[]> = {
    nas: ['nas', DEFAULT_PORT, null],
    'nas.local:4000': ['nas.local', 4000, null],
    ' 192.168.1.5 ': ['192.168.1.5', DEFAULT_PORT, null],
    '192.168.1.5:4000': ['192.168.1.5', 4000, null],
    'fd00::5': ['fd00::5', DEFAULT_PORT, null],
    '[fd00::5]': ['fd00::5', DEFAULT_PORT, null],
    '[fd00::5]:4000': ['fd00::5', 4000, null],
    '/ip4/192.168.1.5/tcp/4000': ['192.168.1.5', 4000, null],
    [`/ip6/fd00::5/tcp/4000/p2p/${ID}`]: ['fd00::5', 4000, ID],
    '/dns4/nas.local/tcp/4000/': ['nas.local', 4000, null],
  };
  for (const [text, [host, port, peerId]] of Object.entries(read)) {
    expect([text, parsePeerAddress(text)]).toEqual([text, { host, port, peerId }]);
  }
});

test('anything else is answered with a sentence that shows what is possible', () => {
  const texts = [
    '',
    '192.168.1',
    '300.1.1.1',
    'nas:',
    'nas:0',
    'nas:65536',
    'a b',
    'nas:1:2',
    '[nas]:1',
    '-nas',
    '/ip4/nas/tcp/1',
    '/ip4/10.0.0.1',
    '/ip4/10.0.0.1/udp/1',
    '/ip4/10.0.0.1/tcp/1/p2p/x',
    '/ip4/10.0.0.1/tcp/1/ws',
  ];
  for (const text of texts)
    expect([text, parsePeerAddress(text)]).toEqual([text, { error: expect.stringMatching(/peer address/) }]);
});

test('what is written down is read back', () => {
  for (const host of ['nas', '10.0.0.1', 'fd00::5']) {
    expect(parsePeerAddress(formatHostPort(host, 4000))).toEqual({ host, port: 4000, peerId: null });
  }
});
