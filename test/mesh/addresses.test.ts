import { expect, test } from 'vitest';
import { addressKind, isHostOnlyInterface, isPrivateAddress } from '../../src/mesh/addresses.ts';
import { byNearness } from '../../src/mesh/nearness.ts';

test('addresses are told apart, at the edges of each range', () => {
  const kinds: Record<string, ReturnType<typeof addressKind>> = {
    '127.0.0.1': 'loopback',
    '127.255.255.255': 'loopback',
    '128.0.0.1': 'public',
    '10.0.0.1': 'private',
    '11.0.0.1': 'public',
    '172.15.255.255': 'public',
    '172.16.0.0': 'private',
    '172.31.255.255': 'private',
    '172.32.0.0': 'public',
    '192.168.0.1': 'private',
    '192.169.0.1': 'public',
    '169.254.9.9': 'link-local',
    '100.63.255.255': 'public',
    '100.64.0.0': 'shared',
    '100.127.255.255': 'shared',
    '100.128.0.0': 'public',
    '0.0.0.0': 'unspecified',
    '::': 'unspecified',
    '::1': 'loopback',
    '0:0:0:0:0:0:0:1': 'loopback',
    '::2': 'public',
    'fe80::1': 'link-local',
    'fe80::1%eth0': 'link-local',
    'febf::1': 'link-local',
    'fec0::1': 'public',
    'fc00::1': 'private',
    'fdff::1': 'private',
    'fe00::1': 'public',
    '2001:db8::1': 'public',
    '::ffff:192.168.1.2': 'private',
    '::ffff:8.8.8.8': 'public',
    '::ffff:7f00:1': 'loopback',
  };
  for (const [address, kind] of Object.entries(kinds))
    expect([address, addressKind(address)]).toEqual([address, kind]);
});

test('what only looks like an address is none', () => {
  const texts = [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4 ',
    ':::',
    '1::2::3',
    '12345::',
    'fe80',
    'g::1',
    '1:2:3:4:5:6:7:8:9',
    '1.2.3.4::',
  ];
  for (const text of texts) expect([text, addressKind(text)]).toEqual([text, null]);
});

test('the swarm stays on networks that are not the internet', () => {
  expect(['127.0.0.1', '10.1.1.1', '169.254.1.1', 'fd00::1', 'fe80::1'].every(isPrivateAddress)).toBe(true);
  expect(['8.8.8.8', '100.64.0.1', '0.0.0.0', '2600::1', 'nas'].some(isPrivateAddress)).toBe(false);
});

test('interfaces of containers are not a LAN, a bridge of the user is', () => {
  expect(['docker0', 'br-0123456789ab', 'veth1a2b', 'virbr0'].every(isHostOnlyInterface)).toBe(true);
  expect(
    ['eth0', 'br0', 'br-lan', 'wlan0', 'enp3s0', 'tailscale0', 'Ethernet'].some(isHostOnlyInterface),
  ).toBe(false);
});

test('of several addresses the one on a shared subnet is tried first, else the order stays', () => {
  const own = ['192.168.1.7', 'fd00:1::7'];
  expect(byNearness(['10.8.0.2', '192.168.9.5', '192.168.1.5'], own)).toEqual([
    '192.168.1.5',
    '192.168.9.5',
    '10.8.0.2',
  ]);
  expect(byNearness(['fd00:2::5', 'fd00:1::5'], own)[0]).toBe('fd00:1::5');
  expect(byNearness(['nas', 'tv'], own)).toEqual(['nas', 'tv']);
});
