import { createHash } from 'node:crypto';
import { access, constants, realpath, stat, statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type CarryPlan, containerOf, planCarry, refuseUnlessHeld } from '../../src/container/carry.ts';
import { describeOutput } from '../../src/container/describe-output.ts';
import { checkSettings } from '../../src/encoder/check-settings.ts';
import { canonicalJson } from '../../src/encoder/chunk-identity.ts';
import { defaultSettings } from '../../src/encoder/default-settings.ts';
import { encoderOf } from '../../src/encoder/encoders.ts';
import { pictureIn } from '../../src/encoder/hdr10-plus-units.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import { encodedPicture, filteringOf, inputShape, stateConversions } from '../../src/media/conversions.ts';
import type { SourceVideo } from '../../src/media/source-video.ts';
import { grainStrength } from '../../src/picture/grain.ts';
import type { PictureFilter } from '../../src/picture/picture-filters.ts';
import { type PictureWishes, planFilters } from '../../src/picture/plan-filters.ts';
import { isSearched, type JobOptions, type SubmitRequest } from '../../src/protocol/control-api.ts';
import { candidatesOf, type ParamOutcome, type ParamTrial } from '../../src/quality/param-trial.ts';
import { measureFor, type ScoredPicture } from '../../src/quality/quality-target.ts';
import { describeAim } from '../../src/report/describe-aim.ts';
import { describeGrain } from '../../src/report/describe-grain.ts';
import { describeZone } from '../../src/report/describe-zone.ts';
import { describeCandidates } from '../../src/report/encoder-params.ts';
import { type CodingVariant, variantsOf } from '../../src/zones/coding-variants.ts';
import { findBars } from '../engine/find-bars.ts';
import { findGrain } from '../engine/find-grain.ts';
import { inspectSource } from '../engine/inspect-source.ts';
import type { ParamRound, TrialAim } from './param-search.ts';

/** A job that can begin: everything that could be refused before encoding was not. */
export interface PreparedJob {
  readonly id: string;
  readonly request: SubmitRequest;
  readonly source: SourceVideo;
  readonly settings: EncodeSettings;
  /** Of its zones. */
  readonly variants: readonly CodingVariant[];
  readonly carry: CarryPlan;
  /** Which encoder options are tried on samples of the film now; null: it is encoded. */
  readonly round: ParamRound | null;
  /** What was found by that; null where nothing was tried. */
  readonly paramOutcome: ParamOutcome | null;
  /** What the output will hold, and what is converted, lost or kept aside, a sentence each. */
  readonly notes: readonly string[];
}

/** The least room an output may begin with, as a share of its source: below it the encode is sure to end in vain. */
const MIN_ROOM_SHARE = 0.02;

/** Of the zones of a file, before encoding: more would hide what else is said. */
const ZONES_TOLD = 20;

/** Same input, output and options: same job. This is how the same command attaches to a running job or resumes one. */
export function jobId(request: SubmitRequest): string {
  const { overwrite: _, isLocal: __, checksStored: ___, previews: ____, ...options } = request.options;
  const text = canonicalJson([request.input, request.output, options]);
  return createHash('sha256').update(text).digest('hex').slice(0, 10);
}

/** Inspects the source and decides everything that is decided before encoding. Throws a sentence to refuse. */
export async function prepareJob(request: SubmitRequest): Promise<PreparedJob> {
  const source = await inspectSource(request.input);
  await checkOutput(request, source.identity.sizeBytes);
  const container = containerOf(request.output);
  refuseUnlessHeld(container, encoderOf(request.options.encoder).codec);
  const carry = planCarry(source, container, request.options);
  const filters = await filtersFor(source, request.options.picture);
  const grain = await grainFor(source, request.options);
  const settings = settingsFor(source, request.options, filters, grain);
  const { zones, encoder, autoparam } = request.options;
  refuseUnscorable([autoparam, ...zones.map(({ target }) => target)], settings.picture);
  return {
    id: jobId(request),
    request,
    source,
    settings,
    variants: variantsOf(zones, settings),
    carry,
    round: null,
    paramOutcome: null,
    notes: [
      describeOutput(basename(request.output), source, carry, settings, isSearched(request.options)),
      ...describeAim(request.options, settings.picture),
      ...stateConversions(source, settings.picture, filters),
      ...grain.notes,
      ...trialNotes(request.options, settings),
      ...carry.notes,
      ...zones.slice(0, ZONES_TOLD).map((zone, index) => describeZone(zone, index, encoder)),
      ...(zones.length > ZONES_TOLD ? [`And ${zones.length - ZONES_TOLD} zones more.`] : []),
    ],
  };
}

/** What else than the job's aim asks for scores. */
function refuseUnscorable(scored: readonly (ParamTrial | null)[], picture: ScoredPicture): void {
  for (const wanted of scored) if (wanted !== null) measureFor(wanted, picture);
}

function trialNotes({ autoparam, encoder }: JobOptions, { params }: EncodeSettings): string[] {
  return autoparam === null ? [] : [describeCandidates(candidatesOf(encoderOf(encoder), params))];
}

/** The same job while single changes of its encoder's options are tried: they are its variants, and zones have none meanwhile. */
export function withTrial(prepared: PreparedJob): PreparedJob {
  const { settings, request } = prepared;
  const { autoparam, encoder, target, budget, ladder, allocation } = request.options;
  if (autoparam === null) throw new Error('this job tries no encoder options');
  const { minCrf = null, maxCrf = null } = target ?? budget ?? ladder ?? allocation ?? {};
  const candidates = candidatesOf(encoderOf(encoder), settings.params);
  const aim = trialAim(request.options, settings);
  return inRound(prepared, { trial: autoparam, aim, minCrf, maxCrf, candidates, before: null });
}

export function inRound(prepared: PreparedJob, round: ParamRound): PreparedJob {
  const { preset, grain, params } = prepared.settings;
  const variants = round.candidates.map((one) => ({ preset, grain, params: { ...params, ...one.params } }));
  return { ...prepared, round, variants };
}

function trialAim({ target, budget, ladder, allocation }: JobOptions, { rate }: EncodeSettings): TrialAim {
  const score = target ?? ladder;
  if (score !== null) return { type: 'score', metric: score.metric, aim: score.aim };
  if (allocation !== null) {
    const { goal, metric } = allocation;
    return goal.type === 'score' ? { ...goal, metric } : goal;
  }
  if (budget !== null) return budget.goal;
  if (rate.type !== 'quality') throw new Error('a job without a goal has a CRF');
  return { type: 'crf', crf: rate.value };
}

/** The same job with the options that won; what the user set, and what zones set, stays. */
export function withOutcome(prepared: PreparedJob, paramOutcome: ParamOutcome): PreparedJob {
  const { params } = prepared.settings;
  const settings = { ...prepared.settings, params: { ...paramOutcome.chosen, ...params } };
  checkSettings(settings);
  const variants = variantsOf(prepared.request.options.zones, settings);
  return { ...prepared, settings, variants, round: null, paramOutcome };
}

async function filtersFor(source: SourceVideo, wishes: PictureWishes): Promise<readonly PictureFilter[]> {
  const bars = wishes.autocrop ? await findBars(source.path) : null;
  return planFilters(source.video, wishes, inputShape(source.video), bars);
}

interface ChosenGrain {
  readonly strength: number;
  /** Of the encoder, should the user not have set them. */
  readonly params: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

async function grainFor(source: SourceVideo, { grain, encoder }: JobOptions): Promise<ChosenGrain> {
  if (grain !== 'auto') return { strength: grain, params: {}, notes: [] };
  const { maxGrain, degrain = {} } = encoderOf(encoder);
  const evidence = await findGrain(source.path);
  const strength = evidence === null ? 0 : grainStrength(evidence, maxGrain);
  return { strength, params: strength === 0 ? {} : degrain, notes: [describeGrain(evidence, strength)] };
}

function settingsFor(
  source: SourceVideo,
  options: JobOptions,
  filters: readonly PictureFilter[],
  grain: ChosenGrain,
): EncodeSettings {
  const { codec } = encoderOf(options.encoder);
  const picture = pictureIn(codec, encodedPicture(source, options.bitDepth, filters));
  const { encoder, preset, crf, passes, encoderParams } = options;
  const defaults = defaultSettings(picture, encoder);
  const settings: EncodeSettings = {
    ...defaults,
    preset: preset ?? defaults.preset,
    rate: crf === null ? defaults.rate : { type: 'quality', value: crf },
    passes,
    grain: grain.strength,
    params: { ...grain.params, ...encoderParams },
    filtering: filteringOf(source.video, filters),
  };
  checkSettings(settings);
  return settings;
}

async function checkOutput(request: SubmitRequest, sourceBytes: number): Promise<void> {
  const { input, output, options } = request;
  const folder = dirname(output);
  const facts = await stat(folder).catch(() => null);
  if (facts === null || !facts.isDirectory()) {
    throw new Error(`The output's folder ${folder} does not exist. Make it, or name another output with -o.`);
  }
  await access(folder, constants.W_OK | constants.X_OK).catch(() => {
    throw new Error(
      `The output's folder ${folder} may not be written to by this user. Name another output with -o.`,
    );
  });
  await checkExisting(input, output, options.overwrite);
  const room = await statfs(folder);
  const freeBytes = room.bavail * room.bsize;
  if (freeBytes < sourceBytes * MIN_ROOM_SHARE) {
    throw new Error(
      `The output's folder ${folder} has ${freeBytes} bytes of room; an encode of this source (${sourceBytes} bytes) would not fit. Free some room, or name another output with -o.`,
    );
  }
}

async function checkExisting(input: string, output: string, overwrite: boolean): Promise<void> {
  const existing = await stat(output).catch(() => null);
  if (existing === null) return;
  if (existing.isDirectory()) throw new Error(`The output ${output} is a folder; give the name of a file.`);
  const source = await stat(input);
  const isSameFile = existing.dev === source.dev && existing.ino === source.ino;
  const isSamePath = (await realpath(output)) === (await realpath(input));
  if (isSameFile || isSamePath) {
    throw new Error(
      `The output ${output} is the input itself; an input is never overwritten. Name another output.`,
    );
  }
  if (!overwrite)
    throw new Error(`${output} exists. Use --overwrite to replace it, or name another output with -o.`);
}
