import { expect, test } from 'vitest';
import type { PeerView, StatusView } from '../../src/protocol/control-api.ts';
import { renderPeers, renderStatus } from '../../src/report/status.ts';
import { PLAIN } from '../../src/report/style.ts';

const COUCH: PeerView = {
  id: 'couch-id',
  name: 'couch',
  version: '0.1.0',
  addresses: ['192.168.0.7:7373'],
  slots: 4,
  running: 2,
  state: 'alive',
  metBy: 'mdns',
  reason: null,
  leftOut: [],
};

const STATUS: StatusView = {
  name: 'desk',
  id: 'desk-id',
  version: '0.1.0',
  addresses: ['192.168.0.2:7373'],
  swarm: 'home',
  slots: 2,
  areSlotsAuto: true,
  slotsRunning: 0,
  work: { intake: 'open', wish: 'work', reasons: [], attempts: 0 },
  leftOut: [],
  sleep: { isHeldOff: false, problem: null },
  encoders: ['SVT-AV1'],
  stateDirectory: '/state',
  uptimeSeconds: 5,
  peers: [],
  jobs: [],
};

test('a peer that is refused, or left out of jobs, has the reasons below its line', () => {
  const peers: PeerView[] = [
    COUCH,
    {
      ...COUCH,
      name: 'attic',
      running: 0,
      leftOut: [
        { job: 'ab12', reason: 'Its encoder writes other bytes.' },
        { job: 'cd34', reason: '3 of its results were refused, the last one because: it is short' },
      ],
    },
    { ...COUCH, name: 'hall', state: 'refused', slots: 0, running: 0, reason: 'It speaks version 3, not 4.' },
  ];
  expect(renderPeers(peers)).toEqual([
    'NAME   STATE    SLOTS  VERSION  MET BY  ADDRESS',
    'couch  alive    2/4    0.1.0    mDNS    192.168.0.7:7373',
    'attic  alive    0/4    0.1.0    mDNS    192.168.0.7:7373',
    '  left out of job ab12: Its encoder writes other bytes.',
    '  left out of job cd34: 3 of its results were refused, the last one because: it is short',
    'hall   refused  0/0    0.1.0    mDNS    192.168.0.7:7373',
    '  It speaks version 3, not 4.',
  ]);
});

test('status says of this machine, too, of which of its jobs it gets no work', () => {
  const leftOut = [{ job: 'ab12', reason: 'It has no slots (--slots 0).' }];
  const lines = renderStatus({ ...STATUS, leftOut, peers: [COUCH] }, PLAIN);
  expect(lines).toContain('  left out   of job ab12: It has no slots (--slots 0).');
  expect(lines.filter((line) => line.includes('left out'))).toHaveLength(1);
  expect(renderStatus(STATUS, PLAIN).join()).not.toContain('left out');
});
