import { expect, test } from 'vitest';
import { renderPage } from '../../../src/report/job/page.ts';
import { attempt, end, found, give, join, leave, reportOf, run } from './hand-made.ts';

const HOSTILE = `<script>alert("1")</script>&'\u202e\u0007`;

/** A job in which every text that others may choose is hostile. */
function hostileReport() {
  const report = reportOf(
    run(),
    join(0, 'desk'),
    found(0, 0),
    { type: 'peer-joined', ms: 0, peer: HOSTILE, name: HOSTILE },
    { type: 'build-measured', ms: 0, peer: HOSTILE, digest: HOSTILE, encoder: HOSTILE },
    { type: 'build-unavailable', ms: 0, peer: HOSTILE, reason: HOSTILE },
    give(0, HOSTILE, 1),
    attempt(0, HOSTILE, 0, 10),
    attempt(1, HOSTILE, 10, 12, { attempt: 11, outcome: 'encoder', words: HOSTILE }),
    attempt(1, 'desk', 12, 22),
    leave(15, HOSTILE),
    end(22),
  );
  return { ...report, job: HOSTILE, version: HOSTILE, input: `/${HOSTILE}`, output: `/films/${HOSTILE}` };
}

test('whatever a peer, a file or an encoder calls itself, the page only shows it', () => {
  const page = renderPage(hostileReport());
  // The shown texts, so that the next lines look at something.
  expect(page.split('&lt;script&gt;alert(&quot;1&quot;)&lt;/').length).toBeGreaterThan(8);
  expect(page).not.toMatch(/<script|<\/script|"1"/);
  for (const sign of ['\u202e', '\u0007']) expect(page).not.toContain(sign);
  const tags = new Set([...page.matchAll(/<\/?([a-z0-9]+)/g)].map(([, tag]) => tag));
  const usual =
    'b body code details div g h1 h2 head html i line meta p path rect span style summary svg table tbody td';
  expect([...tags].sort()).toEqual([...usual.split(' '), ...'text th thead title tr'.split(' ')]);
});

test('nothing is loaded from outside, and nothing runs', () => {
  const page = renderPage(hostileReport());
  const addresses = page.match(/https?:[^"' ]*/g);
  // The name of SVG's vocabulary, which nobody loads.
  expect(new Set(addresses)).toEqual(new Set(['http://www.w3.org/2000/svg']));
  expect(page).not.toMatch(/\b(src|href|on[a-z]+)=|url\(|@import/);
});

test('every tag that is opened is closed', () => {
  const open: string[] = [];
  for (const [, slash, tag = '', rest = ''] of renderPage(hostileReport()).matchAll(
    /<(\/?)([a-z0-9]+)((?:[^>"]|"[^"]*")*)>/g,
  )) {
    if (tag === 'meta' || rest.endsWith('/')) continue;
    if (slash === '') open.push(tag);
    else expect(open.pop()).toBe(tag);
  }
  expect(open).toEqual([]);
});
