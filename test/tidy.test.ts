import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/** The code's own rules that neither the compiler nor the linter keeps. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface SourceFile {
  /** Relative to the checkout, with slashes. */
  readonly path: string;
  readonly text: string;
  /** Relative imports resolved to paths of the checkout, packages as they are named. */
  readonly imports: readonly string[];
}

const files = ['src', 'node', 'test', 'scripts'].flatMap(filesUnder);
const inside = (folder: string): SourceFile[] => files.filter(({ path }) => path.startsWith(`${folder}/`));

function filesUnder(folder: string): SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = `${folder}/${name.replaceAll('\\', '/')}`;
      const text = readFileSync(join(ROOT, path), 'utf8');
      return { path, text, imports: importsOf(path, text) };
    });
}

function importsOf(path: string, text: string): string[] {
  const found = text.matchAll(
    /^(?:import|export)\b[^;]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gms,
  );
  return [...found].map(([, from, bare, dynamic]) => {
    const target = from ?? bare ?? dynamic ?? '';
    if (!target.startsWith('.')) return target;
    return relative(ROOT, resolve(ROOT, dirname(path), target)).replaceAll('\\', '/');
  });
}

/** `path: what`, for a message that names the place. */
function offences(
  among: readonly SourceFile[],
  isOffence: (imported: string, path: string) => boolean,
): string[] {
  return among.flatMap(({ path, imports }) =>
    imports.filter((imported) => isOffence(imported, path)).map((imported) => `${path}: ${imported}`),
  );
}

test('the rules look at something', () => {
  expect(inside('src').length).toBeGreaterThan(20);
  expect(offences(files, () => true).length).toBeGreaterThan(100);
});

describe('src', () => {
  test.each([
    ['reads no clock', /\bDate\b|\bperformance\b/],
    ['throws no dice', /Math\.random/],
    ['waits for nothing', /\basync\b|\bawait\b|\bPromise\b/],
  ])('%s', (_, word) => {
    const code = inside('src').filter(({ text }) => word.test(withoutComments(text)));
    expect(code.map(({ path }) => path)).toEqual([]);
  });

  test('imports nothing from outside src', () => {
    expect(offences(inside('src'), (imported) => !imported.startsWith('src/'))).toEqual([]);
  });
});

describe('node', () => {
  test('imports nothing from tests or scripts', () => {
    expect(offences(inside('node'), (imported) => /^(test|scripts)\//.test(imported))).toEqual([]);
  });

  test('loads node-av only in engine children', () => {
    const elsewhere = inside('node').filter(({ path }) => !path.startsWith('node/engine/'));
    expect(offences(elsewhere, (imported) => imported.startsWith('node-av'))).toEqual([]);
    expect(inChild('node/daemon/daemon.ts')).toEqual([]);
  });

  test('loads libp2p only in the mesh', () => {
    const elsewhere = inside('node').filter(({ path }) => !path.startsWith('node/mesh/'));
    expect(offences(elsewhere, (imported) => /libp2p|multiaddr/.test(imported))).toEqual([]);
  });

  test('only the daemon, and what hosts it, knows all the parts', () => {
    const parts = ['mesh', 'engine', 'storage', 'control', 'slice'];
    for (const part of parts) {
      const others = parts.filter((other) => other !== part && !isServedBy(part, other));
      // A type says what stands in a message or a file; it brings nothing along.
      const wrong = offences(inside(`node/${part}`).map(withoutTypes), (imported) =>
        others.some((other) => imported.startsWith(`node/${other}/`)),
      );
      expect(wrong).toEqual([]);
    }
  });

  test('the rest of node knows nothing of the commands', () => {
    const inner = inside('node').filter(({ path }) => !/^node\/(commands\/|cli\.ts)/.test(path));
    expect(offences(inner, (imported) => /^node\/(commands\/|cli\.ts)/.test(imported))).toEqual([]);
  });

  test('the system’s differences stay behind node/platform', () => {
    const elsewhere = inside('node').filter(({ path }) => !path.startsWith('node/platform/'));
    const wrong = elsewhere.filter(({ text }) => /process\.platform\s*[!=]==/.test(text));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  test('a process ends in one place: the command line’s, and a child’s own', () => {
    const wrong = inside('node').filter(({ text }) => /process\.exit\(/.test(text));
    expect(wrong.map(({ path }) => path).sort()).toEqual([
      'node/cli.ts',
      'node/engine/main.ts',
      'node/engine/port.ts',
    ]);
  });
});

describe('everywhere', () => {
  test('files are named in kebab-case, and none is a grab-bag', () => {
    const wrong = files.filter(
      ({ path }) =>
        !/^[a-z0-9/-]+(\.test|\.contract)?\.ts$/.test(path) ||
        /\/(utils?|helpers?|misc|common|types|index)\.ts$/.test(path),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  test('nothing is left to do in a comment', () => {
    const marks = new RegExp(['TO', 'DO|FIX', 'ME|XX', 'X\\b'].join(''));
    expect(files.filter(({ text }) => marks.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test('no path of one person’s machine is in the code', () => {
    const wrong = files.filter(({ text }) => /\/(?:home|Users)\/[a-z]+\/|\/work\/main/.test(text));
    expect(wrong.map(({ path }) => path).filter((path) => path !== 'test/tidy.test.ts')).toEqual([]);
  });

  test('tests stand beside what they test', () => {
    const folders = new Set(inside('test').map(({ path }) => path.split('/')[1] ?? ''));
    const known = new Set(
      [...inside('src'), ...inside('node')].flatMap(({ path }) => path.split('/').slice(1, -1)),
    );
    // Folders of what has no folder of its own in the code, and files of the whole.
    for (const own of ['contracts', 'fixtures', 'sources', 'simulation', 'lab', 'end-to-end', 'package']) {
      known.add(own);
    }
    known.add('tidy.test.ts');
    expect([...folders].filter((folder) => !known.has(folder))).toEqual([]);
  });
});

/** What a part may use of another one: slices are read from what a scan stored, and what is kept is kept whole. */
function isServedBy(part: string, other: string): boolean {
  const served: Readonly<Record<string, readonly string[]>> = {
    slice: ['storage'],
    engine: ['storage', 'slice'],
    mesh: ['storage'],
  };
  return served[part]?.includes(other) === true;
}

/** Files with node-av that the given file loads, however indirectly; types alone load nothing. */
function inChild(entry: string): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const visit = (path: string): void => {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) return;
    reached.add(path);
    for (const imported of importsOf(path, withoutTypeImports(file.text))) visit(imported);
  };
  visit(entry);
  return [...reached].filter((path) =>
    importsOf(path, withoutTypeImports(byPath.get(path)?.text ?? '')).some((name) =>
      name.startsWith('node-av'),
    ),
  );
}

function withoutTypes(file: SourceFile): SourceFile {
  return { ...file, imports: importsOf(file.path, withoutTypeImports(file.text)) };
}

function withoutTypeImports(text: string): string {
  return text.replace(/^(?:import|export) type\b[^;]*;/gms, '');
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}
