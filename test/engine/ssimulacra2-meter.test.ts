import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AV_PIX_FMT_YUV420P10LE } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findSsimulacra2, SSIMULACRA2_VARIABLE } from '../../node/engine/score/find-ssimulacra2.ts';
import { Ssimulacra2Meter } from '../../node/engine/score/ssimulacra2-meter.ts';
import { makeFolder } from '../daemon/one-machine.ts';
import { PICTURE } from '../fixtures/plain-picture.ts';

/**
 * Says what the real one would be given: the middle pixel of both pictures, as a number of four digits each. For the
 * digits behind the point it has the size of the reference.
 */
const READER = `#!${process.execPath}
const { readFileSync } = require('node:fs');
const paths = process.argv.slice(2);
if (paths.length !== 2) { console.log('Usage: ssimulacra2 orig.png distorted.png'); process.exit(1); }
const pixelOf = (path) => {
  const bytes = readFileSync(path);
  const [head, width, height] = /^P6\\n(\\d+) (\\d+)\\n65535\\n/.exec(bytes.toString('latin1', 0, 40));
  const at = head.length + 6 * (height / 2 * width + width / 2);
  if (bytes.length !== head.length + 6 * width * height) throw new Error('cut off');
  return [0, 2, 4].map((channel) => Math.round(bytes.readUInt16BE(at + channel) / 65535 * 9));
};
const [reference, distorted] = paths.map(pixelOf);
console.log(Number('0.' + [...reference, ...distorted].join('')));
`;

let folder: Awaited<ReturnType<typeof makeFolder>>;
let program: string;

beforeAll(async () => {
  folder = await makeFolder();
  program = await script('ssimulacra2', READER);
});
afterAll(() => folder.remove());

async function script(name: string, text: string): Promise<string> {
  const path = join(folder.path, name);
  await writeFile(path, text, { mode: 0o755 });
  return path;
}

/** A picture of one colour, of 10 bits. */
function paint(planes: readonly [number, number, number]): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_PIX_FMT_YUV420P10LE;
  frame.width = PICTURE.width;
  frame.height = PICTURE.height;
  frame.allocBuffer();
  for (const [plane, data] of (frame.data ?? []).entries()) {
    for (let at = 0; at + 1 < data.length; at += 2) data.writeUInt16LE(planes[plane] ?? 0, at);
  }
  return frame;
}

/** Limited range, 10 bits: black, white, and BT.709's red. */
const [BLACK, WHITE, RED_709] = [paint([64, 512, 512]), paint([940, 512, 512]), paint([250, 409, 960])];

async function scoreOf(reference: Frame, distorted: Frame, colour: Partial<typeof PICTURE.colour> = {}) {
  const picture = { ...PICTURE, colour: { ...PICTURE.colour, matrix: 1, ...colour } };
  const meter = await Ssimulacra2Meter.open(program, picture, folder.path);
  try {
    await meter.add(reference, distorted);
    const scores = await meter.finish();
    return scores;
  } finally {
    await meter.close();
  }
}

describe('pairs for ssimulacra2', () => {
  test('are RGB of the whole scale, the reference first', async () => {
    expect(await scoreOf(BLACK, WHITE)).toEqual([0.000999]);
    expect(await scoreOf(WHITE, BLACK)).toEqual([0.999]);
  });

  test('are made by the matrix and the range that the picture names', async () => {
    expect(await scoreOf(RED_709, BLACK)).toEqual([0.9]);
    const [other] = await scoreOf(RED_709, BLACK, { matrix: 6 });
    expect(other).not.toBe(0.9);
    // Of full range, 940 is not white yet.
    expect(await scoreOf(WHITE, WHITE, { range: 2 })).toEqual([0.888888]);
  });

  test('leave no file behind', async () => {
    expect((await readdir(folder.path)).filter((name) => name.startsWith('vadeio'))).toEqual([]);
  });
});

test('HDR is refused before a frame is asked for', async () => {
  await expect(scoreOf(BLACK, BLACK, { transfer: 16 })).rejects.toThrow(/says nothing of HDR/);
});

test('a program that gives no score is an error with its words', async () => {
  const broken = await script('broken', '#!/bin/sh\necho "no luck" >&2\nexit 1\n');
  const meter = await Ssimulacra2Meter.open(broken, PICTURE, folder.path);
  await expect(meter.add(BLACK, WHITE)).rejects.toThrow(/gave no score, it said: no luck/);
  await meter.close();
});

test('the program is looked for where the variable says, and another is refused', async () => {
  expect(await findSsimulacra2({ [SSIMULACRA2_VARIABLE]: program })).toBe(program);
  const other = await script('other', '#!/bin/sh\necho hello\n');
  await expect(findSsimulacra2({ [SSIMULACRA2_VARIABLE]: other })).rejects.toThrow(
    /is not libjxl's ssimulacra2/,
  );
});
