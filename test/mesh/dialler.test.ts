import { expect, test } from 'vitest';
import { Dialler, MAX_TARGETS, type Target } from '../../node/mesh/dialler.ts';

function target(key: string, metBy: Target['metBy'] = 'mdns', expiresMs: number | null = null): Target {
  return { key, metBy, expectedId: null, addresses: async () => [], expiresMs };
}

/** A dialler on a clock of the test's own, whose dials succeed only for the keys in `answering`. */
function setUp() {
  const clock = { nowMs: 0 };
  const dials: string[] = [];
  const answering = new Set<string>();
  const met = new Set<string>();
  const dialler = new Dialler({
    isMet: (peerId) => met.has(peerId),
    dial: async ({ key }) => {
      dials.push(`${clock.nowMs} ${key}`);
      if (!answering.has(key)) throw new Error('no answer');
      met.add(`id of ${key}`);
      return `id of ${key}`;
    },
    onFailure: () => undefined,
    now: () => clock.nowMs,
  });
  dialler.start();
  const run = async (untilMs: number): Promise<void> => {
    for (; clock.nowMs < untilMs; clock.nowMs += 250) {
      dialler.tick();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { clock, dials, answering, met, dialler, run };
}

test('a target is tried until it answers, and again when its peer is lost', async () => {
  const { dials, answering, met, dialler, run } = setUp();
  dialler.want(target('a'), null);
  await run(2500);
  expect(dials).toEqual(['0 a', '1000 a', '2000 a']);
  answering.add('a');
  await run(10_000);
  expect(dials).toHaveLength(4);
  met.clear();
  dialler.hurry('id of a');
  await run(11_000);
  expect(dials).toEqual(['0 a', '1000 a', '2000 a', '3000 a', '10000 a']);
});

test('a target that nobody renews is forgotten; one of the user never is', async () => {
  const { dials, dialler, run } = setUp();
  dialler.want(target('seen', 'mdns', 5000), null);
  dialler.want(target('named', 'address'), null);
  await run(300_000);
  expect(dials.filter((dial) => dial.endsWith('seen'))).toHaveLength(6);
  const named = dials.filter((dial) => dial.endsWith('named'));
  expect(Number(named.at(-1)?.split(' ')[0])).toBeGreaterThan(285_000);
  expect(named.length).toBeLessThan(100);
});

test('strangers without number do not push out whom the user named', async () => {
  const { dials, answering, dialler, run } = setUp();
  dialler.want(target('named', 'address'), null);
  for (let n = 0; n < MAX_TARGETS; n += 1) dialler.want(target(`stranger ${n}`), null);
  await run(60_000);
  answering.add('named').add('friend');
  dialler.want(target('friend'), null);
  await run(120_000);
  expect(dials.some((dial) => dial.endsWith('friend'))).toBe(true);
  const named = dials.filter((dial) => dial.endsWith('named'));
  expect(named.length).toBeGreaterThanOrEqual(59);
  expect(Number(named.at(-1)?.split(' ')[0])).toBeLessThan(75_000);
});
