import { retryDelayMs } from '../../src/mesh/retry.ts';
import type { HostPort } from './create-libp2p.ts';
import type { MeshPeer } from './mesh.ts';

/** Somebody to be met, and where to look. */
export interface Target {
  /** Names the target; a new one with the same key takes its place. */
  readonly key: string;
  readonly metBy: MeshPeer['metBy'];
  /** Only this peer is wanted there; null: whoever answers. */
  readonly expectedId: string | null;
  readonly addresses: () => Promise<readonly HostPort[]>;
  /** Forgotten then, unless renewed; null: tried for ever. */
  readonly expiresMs: number | null;
}

interface Pursuit {
  target: Target;
  /** Who was met there last. */
  peerId: string | null;
  failureCount: number;
  nextMs: number;
  isBusy: boolean;
}

export interface DiallerOptions {
  /** Whether this peer is here and well, so that nothing needs to be dialled. */
  readonly isMet: (peerId: string) => boolean;
  /** Resolves with the id of the peer that was met; rejects with the reason. */
  readonly dial: (target: Target) => Promise<string>;
  readonly onFailure: (target: Target, error: unknown, failureCount: number) => void;
  readonly now: () => number;
}

/** At one time; a start with a long list of dead addresses must not starve the living ones for long. */
const MAX_DIALS = 16;
/** Targets: named, remembered and seen ones together. */
export const MAX_TARGETS = 512;

/** Keeps trying to meet every target, for ever, with a pause that grows. */
export class Dialler {
  readonly #options: DiallerOptions;
  readonly #pursuits = new Map<string, Pursuit>();
  #dialCount = 0;
  #isStarted = false;

  constructor(options: DiallerOptions) {
    this.#options = options;
  }

  /** Dials what was wanted until now. */
  start(): void {
    this.#isStarted = true;
    this.tick();
  }

  /** Adds or renews a target. `peerId`: who is known to be there. */
  want(target: Target, peerId: string | null): void {
    const known = this.#pursuits.get(target.key);
    if (known !== undefined) {
      known.target = target;
      return;
    }
    if (this.#pursuits.size >= MAX_TARGETS && !this.#makeRoom()) return;
    const nextMs = this.#options.now();
    this.#pursuits.set(target.key, { target, peerId, failureCount: 0, nextMs, isBusy: false });
    this.tick();
  }

  /** A peer was lost, or the network changed: what did not answer before may answer now. */
  hurry(peerId: string | null = null): void {
    const nowMs = this.#options.now();
    for (const pursuit of this.#pursuits.values()) {
      if (peerId !== null && pursuit.peerId !== peerId) continue;
      pursuit.failureCount = 0;
      pursuit.nextMs = Math.min(pursuit.nextMs, nowMs + (peerId === null ? 0 : retryDelayMs(0) / 4));
    }
  }

  /** To be called a few times a second. */
  tick(): void {
    if (!this.#isStarted) return;
    const nowMs = this.#options.now();
    const due: Pursuit[] = [];
    for (const [key, pursuit] of this.#pursuits) {
      const { expiresMs } = pursuit.target;
      if (pursuit.isBusy) continue;
      if (expiresMs !== null && nowMs > expiresMs) this.#pursuits.delete(key);
      else if (nowMs >= pursuit.nextMs && !this.#isMet(pursuit)) due.push(pursuit);
    }
    due.sort(byPromise);
    for (const pursuit of due.slice(0, MAX_DIALS - this.#dialCount)) void this.#pursue(pursuit);
  }

  /** Gives up on whoever failed most, but never on a peer that the user named. */
  #makeRoom(): boolean {
    let hopeless: Pursuit | null = null;
    for (const pursuit of this.#pursuits.values()) {
      if (pursuit.isBusy || pursuit.target.metBy === 'address') continue;
      if (pursuit.failureCount > (hopeless?.failureCount ?? 0)) hopeless = pursuit;
    }
    return hopeless !== null && this.#pursuits.delete(hopeless.target.key);
  }

  #isMet({ peerId, target }: Pursuit): boolean {
    const wanted = target.expectedId ?? peerId;
    return wanted !== null && this.#options.isMet(wanted);
  }

  async #pursue(pursuit: Pursuit): Promise<void> {
    pursuit.isBusy = true;
    this.#dialCount += 1;
    try {
      pursuit.peerId = await this.#options.dial(pursuit.target);
      pursuit.failureCount = 0;
    } catch (error) {
      pursuit.failureCount += 1;
      this.#options.onFailure(pursuit.target, error, pursuit.failureCount);
    } finally {
      this.#dialCount -= 1;
      pursuit.isBusy = false;
      pursuit.nextMs = this.#options.now() + retryDelayMs(pursuit.failureCount);
    }
  }
}

/** Whom the user named first, then whoever failed least, then whoever waits longest. */
function byPromise(a: Pursuit, b: Pursuit): number {
  const isNamed = ({ target }: Pursuit): number => (target.metBy === 'address' ? 1 : 0);
  return isNamed(b) - isNamed(a) || a.failureCount - b.failureCount || a.nextMs - b.nextMs;
}
