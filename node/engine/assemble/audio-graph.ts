import {
  AV_BUFFERSRC_FLAG_KEEP_REF,
  AV_CHANNEL_ORDER_NATIVE,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  type AVSampleFormat,
} from 'node-av/constants';
import {
  avChannelLayoutDefault,
  avChannelLayoutDescribe,
  avGetSampleFmtName,
  Filter,
  type FilterContext,
  FilterGraph,
  Frame,
} from 'node-av/lib';
import { check } from '../media/check.ts';

/** What sound looks like between two filters. */
export interface SoundFormat {
  readonly sampleRate: number;
  /** FFmpeg's name, e.g. `fltp`. */
  readonly sampleFormat: string;
  /** FFmpeg's name, e.g. `5.1(side)`. */
  readonly layout: string;
}

/** The format of a decoded frame; a layout that says only how many channels there are becomes the usual one. */
export function soundFormatOf(frame: Frame): SoundFormat {
  const { channelLayout, channels } = frame;
  const isNamed = channelLayout.order === AV_CHANNEL_ORDER_NATIVE && channelLayout.mask !== 0n;
  const layout = avChannelLayoutDescribe(isNamed ? channelLayout : avChannelLayoutDefault(channels));
  return {
    sampleRate: frame.sampleRate,
    sampleFormat: avGetSampleFmtName(frame.format as AVSampleFormat) ?? 'unknown',
    layout: layout ?? `${channels} channels`,
  };
}

/** A chain of audio filters: frames in, frames out. Timestamps count in `1 / sampleRate` on both ends. */
export class AudioGraph {
  readonly #graph = new FilterGraph();
  readonly #source: FilterContext;
  readonly #sink: FilterContext;
  readonly #frame = new Frame();

  /** @param filters name and arguments of each filter, in order. */
  constructor(input: SoundFormat, filters: readonly (readonly [name: string, options: string])[]) {
    this.#frame.alloc();
    this.#graph.alloc();
    const { sampleRate, sampleFormat, layout } = input;
    this.#source = this.#create(
      'abuffer',
      `time_base=1/${sampleRate}:sample_rate=${sampleRate}:sample_fmt=${sampleFormat}:channel_layout=${layout}`,
    );
    let last = this.#source;
    for (const [name, options] of [...filters, ['abuffersink', null] as const]) {
      const next = this.#create(name, options);
      check(last.link(0, next, 0), `the filter ${name} was connected`);
      last = next;
    }
    this.#sink = last;
    check(this.#graph.configSync(), 'the audio filters were set up');
  }

  /** Gives a frame in, or the end with null, and every frame that is ready to `take`. Frames are lent, both ways. */
  filter(frame: Frame | null, take: (frame: Frame) => void): void {
    check(
      this.#source.buffersrcAddFrameSync(frame, AV_BUFFERSRC_FLAG_KEEP_REF),
      'the audio filters took a frame',
    );
    for (;;) {
      const result = this.#sink.buffersinkGetFrameSync(this.#frame);
      if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return;
      check(result, 'the audio filters gave a frame');
      take(this.#frame);
      this.#frame.unref();
    }
  }

  close(): void {
    this.#frame.free();
    this.#graph.free();
  }

  #create(name: string, options: string | null): FilterContext {
    const filter = Filter.getByName(name);
    const context = filter === null ? null : this.#graph.createFilter(filter, name, options);
    if (context === null)
      throw new Error(`FFmpeg could not make the audio filter ${name} (${options ?? ''}).`);
    return context;
  }
}
