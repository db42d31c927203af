import { type Engine, type EngineOptions, startEngine } from './engine.ts';
import type { EngineProgram } from './messages.ts';

/** An idle child is ended after this long: starting one costs 0.2 s of a core, keeping one some 100 MB. */
const IDLE_MS = 15_000;

/** Sentence for a child that ended before it answered. */
export class EngineCrash extends Error {
  override readonly name = 'EngineCrash';
}

/**
 * Warm children of one program for requests that follow one another. A request has a child for itself; a child that
 * failed, or whose request was aborted, is killed and never used again.
 */
export class EnginePool<Request extends object, Answer extends object> {
  readonly #program: EngineProgram;
  readonly #options: EngineOptions;
  readonly #idle: { readonly engine: Engine<Request, Answer>; readonly timer: NodeJS.Timeout }[] = [];
  readonly #busy = new Set<Engine<Request, Answer>>();
  #isClosed = false;

  constructor(program: EngineProgram, options: EngineOptions) {
    this.#program = program;
    this.#options = options;
  }

  /** Makes sure that one child waits, so that the next request does not wait for a start. */
  warm(): void {
    if (this.#idle.length === 0 && !this.#isClosed) this.#keep(startEngine(this.#program, this.#options));
  }

  /**
   * Sends the request to a free child and gives each answer to `onAnswer` until that returns true: the request is
   * over. Rejects with an EngineCrash when the child ends before, with the signal's reason when aborted.
   */
  async run(request: Request, onAnswer: (answer: Answer) => boolean, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const engine = this.#take();
    this.#busy.add(engine);
    const abort = (): void => void engine.kill();
    signal.addEventListener('abort', abort, { once: true });
    let isOver = false;
    try {
      await engine.send(request);
      while (!isOver) {
        const { done, value } = await engine[Symbol.asyncIterator]().next();
        if (done === true) throw new EngineCrash((await engine.exited).words);
        isOver = onAnswer(value);
      }
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#busy.delete(engine);
      if (isOver && !signal.aborted && !this.#isClosed) this.#keep(engine);
      else await engine.kill();
    }
  }

  /** A child for one long request, the warm one if there is one. It is the caller's from now on, its end too. */
  hire(): Engine<Request, Answer> {
    return this.#take();
  }

  /** Kills every child, idle or not, but for those that were hired. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const engines = [...this.#busy, ...this.#idle.map((entry) => entry.engine)];
    for (const entry of this.#idle.splice(0)) clearTimeout(entry.timer);
    await Promise.all(engines.map((engine) => engine.kill()));
  }

  #take(): Engine<Request, Answer> {
    if (this.#isClosed) throw new EngineCrash(`the ${this.#program} processes were stopped with the daemon`);
    const entry = this.#idle.pop();
    if (entry === undefined) return startEngine(this.#program, this.#options);
    clearTimeout(entry.timer);
    return entry.engine;
  }

  #keep(engine: Engine<Request, Answer>): void {
    const timer = setTimeout(() => {
      this.#drop(engine);
      void engine.kill();
    }, IDLE_MS);
    timer.unref();
    this.#idle.push({ engine, timer });
    void engine.exited.then(() => this.#drop(engine));
  }

  #drop(engine: Engine<Request, Answer>): void {
    const index = this.#idle.findIndex((entry) => entry.engine === engine);
    if (index < 0) return;
    clearTimeout(this.#idle[index]?.timer);
    this.#idle.splice(index, 1);
  }
}
