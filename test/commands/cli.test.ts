import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaNode } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runProgram } from '../../node/commands/run-program.ts';
import { WRONG_USAGE } from '../../node/commands/shell.ts';
import { serveControl } from '../../node/control/server.ts';
import { NO_WISHES } from '../../src/picture/plan-filters.ts';
import type { JobEvent, SubmitRequest } from '../../src/protocol/control-api.ts';
import { cannedDaemon, jobView } from '../fixtures/canned-daemon.ts';
import { SILENT_SHELL } from '../fixtures/silent-shell.ts';

const CLI = new URL('../../node/cli.ts', import.meta.url).pathname;

let at: string;
let state: string;
let film: string;

beforeEach(async () => {
  at = await mkdtemp(join(tmpdir(), 'vadeio-cli-'));
  state = join(at, 'state');
  film = join(at, 'film.mkv');
  await mkdir(state, { mode: 0o700 });
  await writeFile(film, 'not really a film');
});
afterEach(() => rm(at, { recursive: true, force: true }));

const start = (...words: string[]) => execaNode(CLI, words, { reject: false, cwd: at });

async function run(
  ...words: string[]
): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }> {
  const { exitCode, stdout, stderr } = await start(...words);
  return { exitCode, stdout, stderr };
}

/** Runs a daemon that answers from memory while `body` runs; gives the requests it got. */
async function beside(
  answers: Parameters<typeof cannedDaemon>[0],
  body: () => Promise<void>,
): Promise<SubmitRequest[]> {
  const requests: SubmitRequest[] = [];
  const submit = async (request: SubmitRequest) => {
    requests.push(request);
    return { job: jobView(), isAttached: false };
  };
  const server = await serveControl(cannedDaemon({ submit, ...answers }), join(state, 'control.sock'));
  try {
    await body();
  } finally {
    await server.close();
  }
  return requests;
}

test.each([
  [['sumbit', 'x'], /Did you mean submit\?/],
  [['submit', '--presett', '3', 'x'], /Did you mean --preset\?/],
  [['submit'], /missing required argument 'input'/],
  [['submit', '--priority', '3', 'x'], /Expected a number from -2 to 2, or one of lowest, low/],
  [['submit', '--preset', '14', 'x'], /SVT-AV1 has no preset 14\. Its presets, slowest first: 0, 1, /],
  [['submit', '--encoder', 'x266', 'x'], /The encoder x266 is not known\. Did you mean x265\?/],
  [['submit', '--encoder', 'x265', '--preset', '6', 'x'], /x265 has no preset 6\..* placebo, veryslow, /],
  [['submit', '--crf', '64', 'x'], /SVT-AV1's CRF is 64, expected a whole number from 1 to 63/],
  [['submit', '--passes', '2', 'x'], /SVT-AV1 makes one pass at a constant CRF, 2 were asked for/],
  [['submit', '--encoder=x265', '--grainsynth', '8', 'x'], /x265 makes no film grain, 8 was asked for/],
  [
    ['submit', '--encoder=x265', '--encoder-params', 'psyrd=2', 'x'],
    /not known for x265\. Did you mean psy-rd\?/,
  ],
  [['submit', '--crf', '20', '--vmaf', '95', 'x'], /--crf and --vmaf contradict each other/],
  [['submit', '--crf', '20', '--target', 'xpsnr=40', 'x'], /--crf and --target contradict each other/],
  [['submit', '--vmaf', '95', '--target', 'xpsnr=40', 'x'], /a job aims at one CRF, score, bitrate or size/],
  [['submit', '--vmaf', '95', '--bitrate', '1M', 'x'], /--vmaf and --bitrate contradict each other/],
  [['submit', '--bitrate', '1M', '--target_size', '1GB', 'x'], /contradict each other/],
  [['submit', '--bitrate', '1000', 'x'], /Expected bits a second such as 1500k or 2\.5M/],
  [['submit', '--bitrate', '1M', '--pool', 'p5', 'x'], /--pool means nothing without --vmaf or --target/],
  [['submit', '--vmaf', 'good', 'x'], /A target is vmaf=SCORE/],
  [['submit', '--vmaf', '100', 'x'], /expected at least 1 and less than 100/],
  [['submit', '--target', 'ssim=17', '--vmaf-model', 'neg', 'x'], /--vmaf-model means nothing for ssim/],
  [['submit', '--min-crf', '20', 'x'], /--min-crf means nothing without --vmaf or --target/],
  [['submit', '--vmaf=95', '--min_crf=40', '--max_crf=30', 'x'], /swap the two bounds/],
  [['submit', '--vmaf', '94-96', '--tolerance', '1', 'x'], /leave out the tolerance/],
  [['submit', '--crf', '20', '--crf', '30', 'x'], /given twice/],
  [['submit', '--audio', '--no-audio', 'x'], /contradict each other/],
  [['submit', '--no_audio', '--audio_params', 'opus', 'x'], /contradict each other/],
  [['submit', '--min-scene-length', '9', '--max_scene_length', '3', 'x'], /no chunk could satisfy both/],
  [['submit', '--encoder-params', 'keyint=9', 'x'], /keyint/],
  [['submit', '--audio-params', '-c:a mp3', 'x'], /mp3/],
  [['up', '--peer', 'a b'], /peer address "a b" is not understood/],
  [['up', '--peer', '8.8.8.8'], /8\.8\.8\.8 is not a private, link-local or loopback address/],
  [['up', '--peer', '[fe80::1%eth0]:18427'], /belongs to one interface \(eth0\)/],
  [['up', '--listen', 'nas'], /"nas" is not an IP address that can be listened on/],
  [['up', '--listen', '8.8.8.8'], /does not listen on 8\.8\.8\.8/],
  [['job'], /missing required argument 'id'/],
  [['up', 'x'], /too many arguments/],
])('wrong usage says what would be right: %j', async (words, sentence) => {
  const [out, said]: [string[], string[]] = [[], []];
  const shell = {
    ...SILENT_SHELL,
    out: (line: string) => void out.push(line),
    say: (line: string) => void said.push(line),
  };
  expect([await runProgram(words, shell), out]).toEqual([WRONG_USAGE, []]);
  expect(said.join('\n')).toMatch(sentence);
});

test.each([
  [['su\u001b[2Jmbit\u0007', 'x'], /unknown command 'sumbit '/],
  [['submit', '--encoder', 'x264', '-o', 'x.webm', 'film.mkv'], /WebM does not hold H\.264/],
])('wrong usage ends with 2, and nothing comes on standard output: %j', async (words, sentence) => {
  const { exitCode, stdout, stderr } = await run(...words);
  expect(stderr).toMatch(sentence);
  expect([exitCode, stdout]).toEqual([2, '']);
});

test.each([
  [['submit', 'missing.mkv'], /missing\.mkv does not exist/],
  [['submit', 'miss\u001b[2Jing\u009b.mkv'], /missing \.mkv does not exist/],
  [['status'], /No daemon runs with the state folder .*state\. Start one with: vadeio-node up/],
  [['cache', 'clear'], /No daemon runs with the state folder .*\/state, and none ever did\. /],
])('what cannot be done ends with 1 and one sentence: %j', async (words, sentence) => {
  const { exitCode, stdout, stderr } = await run(...words, '--state-dir', state);
  expect(stderr).toMatch(sentence);
  expect(stderr.split('\n')).toHaveLength(1);
  expect([exitCode, stdout]).toEqual([1, '']);
});

test('a priority is a number or its word, and is changed by job', async () => {
  const asked: unknown[] = [];
  const prioritise = async (id: string, priority: number) => {
    asked.push([id, priority]);
    return jobView({ priority });
  };
  const requests = await beside({ prioritise }, async () => {
    await run('job', 'ab12', '--priority', '-2', '--state-dir', state);
    await run('submit', film, '--priority', 'high', '--state-dir', state);
  });
  expect(asked).toEqual([['ab12cd34ef', -2]]);
  expect(requests[0]?.priority).toBe(1);
});

test('flags behind `cache clear` are heard', async () => {
  const view = { directory: '/cache', bytes: 0, limitBytes: 9, chunkCount: 0, scanCount: 0 };
  await beside({ clearCache: async () => view }, async () => {
    const { exitCode, stdout } = await run('cache', 'clear', '--json', '--state-dir', state);
    expect([exitCode, JSON.parse(stdout)]).toEqual([0, view]);
  });
});

test('version and help are data on standard output', async () => {
  const version = await run('version', '--json');
  expect(JSON.parse(version.stdout)).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  const help = await run('--help');
  expect([help.exitCode, help.stderr]).toEqual([0, '']);
  expect(help.stdout).toContain('submit');
  const groups = (await run('submit', '--help')).stdout.match(/^\w.*:$/gm);
  expect(groups?.slice(-3)).toEqual([
    'What comes out:',
    'This machine in its swarm:',
    'When and how much this machine works:',
  ]);
});

test('submit hands in what the flags say, with dashes or underscores', async () => {
  const flags = [
    '--preset=3',
    '--audio_params',
    '-c:a libopus -b:a 96k',
    '--audio_lang',
    'eng,de',
    '--max_scene_length',
    '7.5',
    '--no_chapters',
    '--celeryless',
    '--force_keyframes',
    '12,700',
    '--crop_override',
    '-vf crop=640:360',
    '--denoise',
    'light',
  ];
  const requests = await beside({}, async () => {
    const { exitCode, stdout } = await run('submit', 'film.mkv', ...flags, '--state_dir', state);
    expect(stdout).toBe('Done: /films/in.av1.mkv');
    expect(exitCode).toBe(0);
  });
  expect(requests).toEqual([
    {
      input: film,
      output: join(at, 'film.av1.mkv'),
      options: {
        encoder: 'svt-av1',
        preset: 3,
        crf: null,
        target: null,
        budget: null,
        ladder: null,
        allocation: null,
        autoparam: null,
        passes: 1,
        grain: 0,
        encoderParams: {},
        bitDepth: 10,
        picture: {
          ...NO_WISHES,
          filters: [{ name: 'crop', options: { w: '640', h: '360' } }],
          denoise: 'light',
        },
        minSceneSeconds: 1,
        maxSceneSeconds: 7.5,
        cuts: null,
        forcedKeyframes: [12, 700],
        zones: [],
        audio: { codec: 'opus', bitrateKbps: 96, channels: null, lfeMixLevel: null },
        audioChoice: { type: 'languages', languages: ['eng', 'de'] },
        subtitles: 'copy',
        attachments: 'copy',
        chapters: false,
        overwrite: false,
        previews: false,
        isLocal: true,
        checksStored: false,
      },
    },
  ]);
});

test('a command that finds its job running says so', async () => {
  const submit = async () => ({ job: jobView(), isAttached: true });
  await beside({ submit }, async () => {
    const { stderr } = await run('submit', film, '--state-dir', state);
    expect(stderr).toMatch(/^Job ab12cd34ef of the same command runs already; this shows it\.$/m);
  });
});

test('submit --json prints one event a line and nothing else', async () => {
  await beside({}, async () => {
    const { stdout } = await run('submit', film, '--json', '--state-dir', state);
    const events = stdout.split('\n').map((line) => JSON.parse(line) as JobEvent);
    expect(events.map((event) => event.type === 'job' && event.job.phase)).toEqual(['encoding', 'done']);
  });
});

test('submit ends with 1 when the job failed, in the daemon’s words', async () => {
  const failed = jobView({ phase: 'failed', error: 'The disk is full.' });
  const follow = async function* (): AsyncIterable<JobEvent> {
    yield { type: 'job', job: failed };
  };
  await beside({ follow }, async () => {
    const { exitCode, stdout } = await run('submit', film, '--state-dir', state);
    expect([exitCode, stdout.split('\n')[0]]).toEqual([1, 'Failed: The disk is full.']);
  });
});

test('submit --detach prints the id and leaves', async () => {
  await beside({}, async () => {
    expect(await run('submit', film, '--detach', '--state-dir', state)).toEqual({
      exitCode: 0,
      stdout: 'ab12cd34ef',
      stderr: '',
    });
  });
});

test('flags for a daemon are named when one already runs', async () => {
  await beside({}, async () => {
    const { stderr } = await run(
      'submit',
      film,
      '--slots',
      '2',
      '--no-mdns',
      '--detach',
      '--state-dir',
      state,
    );
    expect(stderr).toMatch(/already runs and keeps its own setup; not used: --no-mdns, --slots/);
  });
});

test('Ctrl-C stops the job, resumable, and ends with 130', async () => {
  const stopped: string[] = [];
  let release = (): void => undefined;
  const follow = async function* (): AsyncIterable<JobEvent> {
    yield { type: 'job', job: jobView() };
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    yield { type: 'job', job: jobView({ phase: 'stopped' }) };
  };
  const stop = async (id: string) => {
    stopped.push(id);
    release();
    return jobView({ phase: 'stopped' });
  };
  await beside({ follow, stop }, async () => {
    const submit = start('submit', film, '--state-dir', state);
    await new Promise((resolve) => submit.stderr.once('data', resolve));
    submit.kill('SIGINT');
    const { exitCode, stdout } = await submit;
    expect(stdout).toMatch(/^Stopped with 300 of 1000 frames .* The same command goes on from there\.$/);
    expect(exitCode).toBe(130);
  });
  expect(stopped).toEqual(['ab12cd34ef']);
});

test('a second Ctrl-C ends at once', async () => {
  const follow = async function* (_: string, signal: AbortSignal): AsyncIterable<JobEvent> {
    yield { type: 'job', job: jobView() };
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  };
  await beside({ follow, stop: () => new Promise(() => undefined) }, async () => {
    const submit = start('submit', film, '--state-dir', state);
    await new Promise((resolve) => submit.stderr.once('data', resolve));
    submit.kill('SIGINT');
    await new Promise((resolve) => submit.stderr.once('data', resolve));
    submit.kill('SIGINT');
    expect((await submit).exitCode).toBe(130);
  });
});

test('the cuts of a finished job are written to --scenes, once', async () => {
  const summary = { frameCount: 900, cuts: [0, 120, 431], peers: [], detours: [], retries: [] };
  const done = jobView({ phase: 'done', summary: { ...summary } as never });
  const follow = async function* (): AsyncIterable<JobEvent> {
    yield { type: 'job', job: done };
  };
  const requests = await beside({ follow }, async () => {
    await run('submit', film, '--scenes', 'cuts.json', '--state-dir', state);
    await run('submit', film, '--scenes', 'cuts.json', '--state-dir', state);
  });
  expect(requests.map(({ options }) => options.cuts)).toEqual([null, [0, 120, 431]]);
  expect(await readdir(at)).toContain('cuts.json');
});

test('questions print a table, or one JSON document', async () => {
  await beside({}, async () => {
    expect((await run('jobs', '--state-dir', state)).stdout.split('\n')).toEqual([
      'ID          PHASE     PRIORITY  DONE    INPUT   OUTPUT',
      'ab12cd34ef  encoding  normal    40.0 %  in.mkv  /films/in.av1.mkv',
    ]);
    expect(JSON.parse((await run('jobs', '--json', '--state-dir', state)).stdout)).toEqual([jobView()]);
    expect((await run('peers', '--state-dir', state)).stdout).toBe('No other machine was met yet.');
    expect((await run('cancel', 'ab12', '--state-dir', state)).stdout).toMatch(/^Cancelled/);
    expect(await run('job', 'zz', '--state-dir', state)).toMatchObject({
      exitCode: 1,
      stderr: 'vadeio-node: No job zz.',
    });
  });
});
