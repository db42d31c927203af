import { createHash, randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { Throttle } from '../../node/mesh/throttle.ts';
import { createBucket } from '../../src/mesh/token-bucket.ts';
import { CAPPED_TRANSFERS } from '../../src/protocol/limits.ts';
import { startNode, type TestNode, untilMet } from './mesh-fixture.ts';

const RATE = 1_000_000;
const nodes: TestNode[] = [];
const never = new AbortController().signal;

afterEach(async () => {
  for (const { mesh } of nodes.splice(0)) await mesh.stop();
});

/** Time that passes only in pauses. */
function virtualTime() {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    pause: async (ms: number) => {
      nowMs += ms;
    },
  };
}

async function pairOf(near: Parameters<typeof startNode>[0], far: Parameters<typeof startNode>[0]) {
  const first = await startNode({ name: 'near', ...near });
  nodes.push(first);
  const second = await startNode({ name: 'far', peers: first.mesh.addresses, ...far });
  nodes.push(second);
  await untilMet(first, second);
  return [first, second] as const;
}

test.each(['maxUpload', 'maxDownload'] as const)(
  '%s paces a real transfer and changes no byte',
  async (cap) => {
    const data = randomBytes(3_000_000);
    const pacer = virtualTime();
    const capped = { [cap]: RATE, pacer };
    const [near, far] = await pairOf(cap === 'maxDownload' ? capped : {}, cap === 'maxUpload' ? capped : {});
    far.serve = async () => ({
      bytes: data.byteLength,
      source: (async function* () {
        yield data;
      })(),
    });
    const got = createHash('sha256');
    await near.mesh.fetch(
      far.mesh.id,
      { kind: 'slice', job: 'j', attempt: 1 },
      async (piece) => {
        got.update(piece);
      },
      never,
    );
    expect(got.digest('hex')).toBe(createHash('sha256').update(data).digest('hex'));
    const burst = createBucket(RATE, 0).burstBytes;
    expect(pacer.nowMs()).toBeCloseTo(((data.byteLength - burst) * 1000) / RATE, 3);
  },
);

test('fetches under a cap take turns; one that is cancelled while it waits leaves its place', async () => {
  const throttle = new Throttle(RATE, virtualTime());
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const start = (number: number, signal = never) =>
    throttle.inTurn(signal, () => {
      begun.push(number);
      return new Promise<void>((resolve) => ends.push(resolve));
    });
  const running = Array.from({ length: CAPPED_TRANSFERS }, (_, number) => start(number));
  const cancelled = new AbortController();
  const left = start(100, cancelled.signal);
  const last = start(101);
  cancelled.abort(new Error('no longer wanted'));
  await expect(left).rejects.toThrow('no longer wanted');
  expect(begun).toHaveLength(CAPPED_TRANSFERS);
  ends[0]?.();
  await running[0];
  await expect.poll(() => begun.at(-1)).toBe(101);
  for (const end of ends) end();
  await Promise.all([...running, last]);
});
