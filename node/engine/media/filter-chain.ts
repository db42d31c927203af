import {
  AV_BUFFERSRC_FLAG_KEEP_REF,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  type AVPixelFormat,
} from 'node-av/constants';
import { avGetPixFmtName, Filter, type FilterContext, FilterGraph, type Frame } from 'node-av/lib';
import type { FilterStep } from '../../../src/picture/filter-definition.ts';
import { check } from './check.ts';

/** What a chain is built for: frames of another shape or meaning need another one. */
export function chainKey(frame: Frame): string {
  return `${frame.format}/${frame.width}x${frame.height}/${frame.colorSpace}/${frame.colorRange}`;
}

/** FFmpeg's name of a frame's pixel format. */
export function formatName(frame: Frame): string {
  return avGetPixFmtName(frame.format as AVPixelFormat) ?? 'none';
}

/** A chain of FFmpeg's filters on one thread, for frames alike. */
export class FilterChain {
  readonly key: string;
  readonly #graph = new FilterGraph();
  readonly #source: FilterContext;
  readonly #sink: FilterContext;

  /** @throws a sentence when FFmpeg refuses one of the steps. */
  constructor(frame: Frame, steps: readonly FilterStep[]) {
    this.key = chainKey(frame);
    this.#graph.alloc();
    this.#graph.nbThreads = 1;
    try {
      const name = formatName(frame);
      this.#source = this.#add(
        'buffer',
        `video_size=${frame.width}x${frame.height}:pix_fmt=${name}:time_base=1/1:pixel_aspect=1/1:colorspace=${frame.colorSpace}:range=${frame.colorRange}`,
      );
      let last = this.#source;
      for (const [filter, options] of steps) {
        const next = this.#add(filter, options === '' ? null : options);
        check(last.link(0, next, 0), `the filter ${filter} was joined to the one before`);
        last = next;
      }
      this.#sink = this.#add('buffersink', null);
      check(last.link(0, this.#sink, 0), 'the filters were joined to their end');
      check(this.#graph.configSync(), `the filters for ${name} frames were set up`);
    } catch (error) {
      this.#graph.free();
      throw error;
    }
  }

  /** Gives a frame, or null for the end. */
  push(frame: Frame | null): void {
    check(
      this.#source.buffersrcAddFrameSync(frame, AV_BUFFERSRC_FLAG_KEEP_REF),
      'a frame was given to the filters',
    );
  }

  /** Fills `target` with the next frame; false when another must be given first, or none is left. */
  pull(target: Frame): boolean {
    const result = this.#sink.buffersinkGetFrameSync(target);
    if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return false;
    check(result, 'a frame came out of the filters');
    return true;
  }

  free(): void {
    this.#graph.free();
  }

  #add(name: string, options: string | null): FilterContext {
    const filter = Filter.getByName(name);
    const context = filter === null ? null : this.#graph.createFilter(filter, name, options);
    if (context === null) throw new Error(`FFmpeg refused the filter ${name} with the options ${options}.`);
    return context;
  }
}
